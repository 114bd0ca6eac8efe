import { expect, test } from 'vitest';
import { buildFrames } from '../../shared/protocols/astm/frame.ts';
import { ACK, ENQ, EOT, handMessage, NAK, receivedTube } from './bad-input-fixture.ts';
import { wireForEach } from './bad-input-wire.ts';

/** What an instrument may send that is wrong or odd: nothing is posted by guess, nothing is lost, and a person sees it. */

const wire = wireForEach();
const { results } = wire;

const open = (n: number) =>
  wire.bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === n);
/** The engine has dealt with everything it acknowledged. */
const posted = (messages: number) =>
  wire.bench.tech.rows(
    'instruments.trace',
    { instrumentId: 'T1.CHEM1' },
    (rows) => rows.filter((row) => row.mark === 'message').length === messages,
  );

/** How often a command wrote a record. */
const stepsOf = async (command: string, docId: string) =>
  wire.bench.engine.bench.store.auditOf('tasks', docId).filter((row) => row.command === command).length;

test('L3 L11 a frame with a wrong checksum is refused, counted and shown; the right one is taken', async () => {
  const frames = buildFrames(
    Buffer.from(handMessage(wire.tube, [{ code: 'Na', text: '140' }])),
    240,
    'record',
  );
  expect(await wire.instrument.ask(ENQ)).toBe(ACK);
  for (const frame of frames) {
    const broken = Uint8Array.from(frame);
    broken[broken.length - 3] = broken[broken.length - 3] === 0x30 ? 0x31 : 0x30;
    expect(await wire.instrument.ask(broken)).toBe(NAK);
    expect(await wire.instrument.ask(frame)).toBe(ACK);
  }
  wire.instrument.write(EOT);
  expect(await results(1)).toMatchObject([{ testCode: 'NA', valueText: '140' }]);
  const [line] = await wire.bench.tech.rows('instruments.lines', {}, ([row]) => row?.state === 'ready');
  expect(line).toMatchObject({ naksToday: frames.length, counters: { checksumErrors: frames.length } });
  const trace = await wire.bench.tech.rows('instruments.trace', { instrumentId: 'T1.CHEM1' });
  expect(trace.filter((row) => row.mark === 'refused' && row.tone === 'bad')).toHaveLength(frames.length);
});

test('L11 six wrong frames end the transfer with nothing posted, and the message comes again whole', async () => {
  const text = handMessage(wire.tube, [{ code: 'Na', text: '140' }]);
  const [first] = buildFrames(Buffer.from(text), 240, 'record');
  const broken = Uint8Array.from(first!);
  broken[broken.length - 3] = 0x47;
  expect(await wire.instrument.ask(ENQ)).toBe(ACK);
  for (let i = 0; i < 6; i++) expect(await wire.instrument.ask(broken)).toBe(NAK);
  wire.instrument.write(EOT);
  expect(await wire.instrument.send(text)).not.toContain(NAK);
  await results(1);
  await open(0);
});

test('an unknown test is held with its raw message; mapping it posts it and the ones alike', async () => {
  const second = await receivedTube(wire.bench.tech, ['LYTES']);
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'NA2', text: '141' }]));
  await wire.instrument.send(
    handMessage(second, [
      { code: 'NA2', text: '139' },
      { code: 'K', text: '4.1' },
    ]),
  );
  const held = await open(2);
  expect(held.map((row) => [row.reason, row.sentTest, row.sentValue]).sort()).toEqual([
    ['unknownTest', 'NA2', '139'],
    ['unknownTest', 'NA2', '141'],
  ]);
  await results(1);
  const [detail] = await wire.bench.lead.rows('exceptions.detail', { taskId: held[0]!.id });
  expect(detail).toMatchObject({ alike: 1, raw: expect.stringContaining('^^^NA2') });
  expect(
    await wire.bench.tech.refusal('exception.map', { taskId: held[0]!.id, testCode: 'NA' }),
  ).toMatchObject({
    code: 'access.notAllowed',
  });
  expect(
    await wire.bench.lead.refusal('exception.map', { taskId: held[0]!.id, testCode: 'NOPE' }),
  ).toMatchObject({
    code: 'catalog.unknown',
  });
  expect(await wire.bench.lead.command('exception.map', { taskId: held[0]!.id, testCode: 'NA' })).toEqual({
    posted: 2,
    held: 0,
  });
  await open(0);
  expect((await results(3)).map((row) => `${row.testCode} ${row.valueText}`).sort()).toEqual([
    'K 4.1',
    'NA 139',
    'NA 141',
  ]);
  // From now on the code is known.
  const third = await receivedTube(wire.bench.tech, ['LYTES']);
  await wire.instrument.send(handMessage(third, [{ code: 'NA2', text: '138' }]));
  await results(4);
});

test('an unknown specimen is held; saying which it is posts it', async () => {
  await wire.instrument.send(handMessage('77777', [{ code: 'Na', text: '140' }]));
  const [held] = await open(1);
  expect(held).toMatchObject({ reason: 'unknownSpecimen', sentSpecimen: '77777', sentValue: '140' });
  expect(
    await wire.bench.tech.refusal('exception.match', { taskId: held!.id, accessionIdentifier: '88888' }),
  ).toMatchObject({ code: 'specimen.unknown' });
  expect(
    await wire.bench.tech.command('exception.match', { taskId: held!.id, accessionIdentifier: wire.tube }),
  ).toEqual({ posted: 1, held: 0 });
  expect(await results(1)).toMatchObject([{ accessionIdentifier: wire.tube, valueText: '140' }]);
  // Naming the specimen and posting are one step: a crash leaves both or neither.
  expect(await stepsOf('exception.match', held!.id)).toBe(1);
  expect(
    await wire.bench.tech.refusal('exception.match', { taskId: held!.id, accessionIdentifier: wire.tube }),
  ).toMatchObject({ code: 'exception.ended' });
});

test('M4 L12 a message sent again has no second effect, held or posted', async () => {
  const known = handMessage(wire.tube, [{ code: 'Na', text: '140' }]);
  const unknown = handMessage('77777', [{ code: 'Na', text: '140' }]);
  for (let i = 0; i < 3; i++) {
    await wire.instrument.send(known);
    await wire.instrument.send(unknown);
  }
  await posted(6);
  await results(1);
  await open(1);
});

test('the same measurement with other content is held, and the posted one stays', async () => {
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '140' }]));
  await results(1);
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '114' }]));
  const [held] = await open(1);
  expect(held).toMatchObject({ reason: 'otherContent', sentValue: '114' });
  expect(await results(1)).toMatchObject([{ valueText: '140', version: 1 }]);
  // Sent once more it is still one exception.
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '114' }]));
  await posted(3);
  await open(1);
});

test('R3 a message marked as training is held as a whole', async () => {
  await wire.instrument.send(
    handMessage(
      wire.tube,
      [
        { code: 'Na', text: '140' },
        { code: 'K', text: '4.1' },
      ],
      'T',
    ),
  );
  expect((await open(2)).map((row) => row.reason)).toEqual(['notProduction', 'notProduction']);
  await results(0);
});

test('an instrument without times: each message is a measurement of its own, a repeat is not', async () => {
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '140', at: '' }]));
  const [first] = await results(1);
  const [detail] = await wire.bench.tech.rows('results.detail', { resultId: first!.id });
  expect(detail!.measuredTime).toBe('');
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '140', at: '' }]));
  await posted(2);
  expect(await results(1)).toMatchObject([{ version: 1 }]);
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '141', at: '' }]));
  await posted(3);
  // A second measurement: what stood before is kept, nothing is overwritten.
  const versions = await wire.bench.engine.bench.store.find('results', { selector: {} });
  expect(versions.map((doc) => [doc.value.text, doc.version, doc.current]).sort()).toEqual([
    ['140', 1, false],
    ['141', 2, true],
  ]);
});

test('a message that cannot be read at all is one exception with its bytes', async () => {
  await wire.instrument.send('H|\\^&|||DC-800\rP|1\rX|something nobody knows\rL|1|N\r');
  await wire.instrument.send('garbage without a header\rL|1|N\r');
  await posted(2);
  const held = await open(1);
  expect(held).toMatchObject([{ reason: 'unparsable' }]);
  const [detail] = await wire.bench.tech.rows('exceptions.detail', { taskId: held[0]!.id });
  expect(detail!.raw).toContain('garbage without a header');
});
