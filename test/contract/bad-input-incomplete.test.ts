import { expect, test } from 'vitest';
import { buildFrame, buildFrames } from '../../shared/protocols/astm/frame.ts';
import { ACK, ENQ, EOT, handMessage, RawInstrument } from './bad-input-fixture.ts';
import { wireForEach } from './bad-input-wire.ts';
import { startTestEngine } from './engine-client.ts';

/** What was acknowledged is posted or shown, also when the message it stands in never ended, and when a measurement is sent once more otherwise. */

const wire = wireForEach();
const { results } = wire;

const tasks = (status: 'open' | 'ended', n: number) =>
  wire.bench.tech.rows('exceptions.list', { status }, (rows) => rows.length === n);

/** Sends the first `count` frames of a message; each must be acknowledged. */
async function begin(text: string, count: number): Promise<void> {
  expect(await wire.instrument.ask(ENQ)).toBe(ACK);
  for (const frame of buildFrames(Buffer.from(text, 'latin1'), 240, 'record').slice(0, count))
    expect(await wire.instrument.ask(frame)).toBe(ACK);
}

const two = () =>
  handMessage(wire.tube, [
    { code: 'Na', text: '140' },
    { code: 'K', text: '4.1' },
  ]);

test('R11 a message that ends without L record is held result by result, never posted', async () => {
  await begin(two(), 5);
  wire.instrument.write(EOT);
  const held = await tasks('open', 2);
  expect(held.map((row) => [row.sentTest, row.sentValue, row.reason]).sort()).toEqual([
    ['K', '4.1', 'unparsable'],
    ['Na', '140', 'unparsable'],
  ]);
  await results(0);
  const [detail] = await wire.bench.tech.rows('exceptions.detail', { taskId: held[0]!.id });
  expect(detail!.raw).toContain('|140|mmol/L|');
});

test('R11 L14 what a broken transfer left ends by itself when the whole message comes, and is posted once', async () => {
  await begin(two(), 4);
  wire.instrument.end();
  await tasks('open', 1);
  wire.instrument = await RawInstrument.connect(wire.bench.port);
  expect(await wire.instrument.send(two())).toEqual(Array(7).fill(ACK));
  await results(2);
  await tasks('open', 0);
  expect(await tasks('ended', 1)).toMatchObject([{ resolution: 'The whole message came.' }]);
  // Once more whole, once more broken: nothing new.
  await wire.instrument.send(two());
  await begin(two(), 5);
  wire.instrument.write(EOT);
  await wire.bench.tech.rows(
    'instruments.lines',
    {},
    ([row]) => row?.counters.incomplete === 2 && row.counters.messages === 2,
  );
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Zz', text: '1' }]));
  await tasks('open', 1);
  await results(2);
});

test('R11 a transfer that a restart cut off is shown after it, once', async () => {
  await begin(two(), 5);
  await wire.bench.stop();
  for (let start = 0; start < 2; start += 1) {
    const again = await startTestEngine(wire.bench.at);
    const found = await again.bench.store.find('tasks', { selector: {} });
    expect(found.map((task) => [task.sentTest, task.sentValue, task.status]).sort()).toEqual([
      ['K', '4.1', 'open'],
      ['Na', '140', 'open'],
    ]);
    expect(await again.bench.store.find('results', { selector: {} })).toEqual([]);
    expect(again.bench.store.journal.unposted()).toEqual([]);
    await again.stop();
  }
});

test('R11 L17 a value cut off in the middle of a frame run is not shown as a result', async () => {
  const [head = '', tail = ''] = two().split(/(?<=\|4)\./);
  const frames = buildFrames(Buffer.from(head, 'latin1'), 240, 'record');
  const cut = buildFrame(
    frames.length % 8,
    Buffer.from(head.slice(head.lastIndexOf('\r') + 1), 'latin1'),
    false,
  );
  expect(tail).toMatch(/^1/);
  expect(await wire.instrument.ask(ENQ)).toBe(ACK);
  for (const frame of [...frames.slice(0, -1), cut]) expect(await wire.instrument.ask(frame)).toBe(ACK);
  wire.instrument.end();
  expect(await tasks('open', 1)).toMatchObject([{ sentTest: 'Na', sentValue: '140' }]);
});

test('R11 records without CR are one exception, since results may be hidden in them', async () => {
  await begin(two().replaceAll('\r', ''), 1);
  wire.instrument.write(EOT);
  expect(await tasks('open', 1)).toMatchObject([{ reason: 'unparsable', sentTest: '' }]);
});

test('R3 R11 what holds the whole message holds it also when it is tried again', async () => {
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '140' }], 'T'));
  await begin(handMessage(wire.tube, [{ code: 'K', text: '4.1' }]), 4);
  wire.instrument.write(EOT);
  const held = await tasks('open', 2);
  const { store } = wire.bench.engine.bench;
  const at = new Date().toISOString();
  const context = { actor: 'test', command: 'again', station: 'T1', at };
  const ids = held.map((row) => row.id);
  const outcome = await store.write(context, (unit) =>
    wire.bench.engine.bench.instruments.reprocess(unit, ids, context),
  );
  expect(outcome).toEqual({ posted: 0, held: 2 });
  await results(0);
});

test('R6 a value taken back, made final or flagged otherwise is shown, though its text is the same', async () => {
  const send = (status: string, flag: string) =>
    wire.instrument.send(
      handMessage(wire.tube, [{ code: 'Na', text: '140' }]).replace('||N||F||', `||${flag}||${status}||`),
    );
  await send('P', 'N');
  await results(1);
  await send('P', 'N');
  await send('F', 'N');
  expect(await tasks('open', 1)).toMatchObject([{ reason: 'otherContent', sentValue: '140' }]);
  await send('X', 'N');
  await tasks('open', 2);
  await send('P', 'HH');
  await tasks('open', 3);
  for (const [status, flag] of [
    ['F', 'N'],
    ['X', 'N'],
    ['P', 'HH'],
    ['P', 'N'],
  ] as const)
    await send(status, flag);
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Zz', text: '1' }]));
  await tasks('open', 4);
  await results(1);
});

test('R6 a cancelled control is no control', async () => {
  await wire.instrument.send(
    handMessage('QC-L1', [{ code: 'Na', text: '140' }]).replace('||N||F||', '||N||X||'),
  );
  expect(await tasks('open', 1)).toMatchObject([{ reason: 'cancelledByInstrument' }]);
  expect(await wire.bench.engine.bench.store.find('controls', { selector: {} })).toEqual([]);
});

test('R10 two controls of a day with the date alone and the same value are two', async () => {
  const text = handMessage('QC-L1', [{ code: 'Na', text: '140', at: '20260729' }]);
  await wire.instrument.send(text);
  await wire.instrument.send(text);
  await wire.instrument.send(text.replace('20260729064205\r', '20260729184205\r'));
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '1' }]));
  await results(1);
  expect(await wire.bench.engine.bench.store.find('controls', { selector: {} })).toHaveLength(2);
});

test('R11 a control without a value is held', async () => {
  await wire.instrument.send(handMessage('QC-L1', [{ code: 'Na', text: '' }]));
  expect(await tasks('open', 1)).toMatchObject([{ reason: 'unparsable', sentSpecimen: 'QC-L1' }]);
  expect(await wire.bench.engine.bench.store.find('controls', { selector: {} })).toEqual([]);
});

test('R10 a year that does not exist stops nothing: the result is posted without a time', async () => {
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '140', at: '00000101000000' }]));
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'K', text: '4.1' }]));
  const rows = await results(2);
  expect(rows.map((row) => row.valueText).sort()).toEqual(['140', '4.1']);
});

test('a message that can never be stored is shown, and those behind it are posted', async () => {
  const { store } = wire.bench.engine.bench;
  const write = store.write.bind(store);
  let refused = 0;
  // The first unit that posts gets a record of a wrong shape into it.
  store.write = ((context, work) =>
    write(context, async (unit) => {
      const value = await work(unit);
      if (context.command === 'instrument.post' && refused++ === 0)
        unit.put('results', { id: 'wrong' } as never);
      return value;
    })) as typeof store.write;
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '140' }]));
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'K', text: '4.1' }]));
  expect(await results(1)).toMatchObject([{ valueText: '4.1' }]);
  const [held] = await tasks('open', 1);
  expect(held).toMatchObject({ reason: 'unparsable' });
  const [detail] = await wire.bench.tech.rows('exceptions.detail', { taskId: held!.id });
  expect(detail!.raw).toContain('|140|mmol/L|');
});

test('messages that wait are posted together; one that can never be stored does not hold up the others', async () => {
  const { store } = wire.bench.engine.bench;
  const write = store.write.bind(store);
  const units: { marked: number; done: boolean }[] = [];
  let go = () => {};
  const othersWait = new Promise<void>((done) => {
    go = done;
  });
  store.write = ((context, work) =>
    write(context, async (unit) => {
      if (context.command !== 'instrument.post') return work(unit);
      const one = { marked: 0, done: false };
      units.push(one);
      if (units.length === 1) await othersWait;
      const { add, markMessage } = unit;
      unit.add = ((collection, doc) => {
        const bad = collection === 'results' && (doc as { testCode: string }).testCode === 'CL';
        add.call(unit, collection, bad ? ({ ...doc, verdict: 'none' } as never) : doc);
      }) as typeof unit.add;
      unit.markMessage = (...mark) => {
        one.marked += 1;
        markMessage.apply(unit, mark);
      };
      const value = await work(unit);
      one.done = true;
      return value;
    })) as typeof store.write;
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '140' }]));
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'K', text: '4.1' }]));
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Cl', text: '101' }]));
  await wire.instrument.send(handMessage(wire.tube, [{ code: 'Na', text: '141', at: '20260729093000' }]));
  go();
  const [held] = await tasks('open', 1);
  expect(held).toMatchObject({ reason: 'unparsable' });
  const [detail] = await wire.bench.tech.rows('exceptions.detail', { taskId: held!.id });
  expect(detail!.raw).toContain('|101|');
  const rows = await wire.bench.tech.rows('results.list', { filter: 'all' }, (all) =>
    all.some((row) => row.version === 2),
  );
  expect(rows.map((row) => `${row.testCode} ${row.valueText} ${row.version}`).sort()).toEqual([
    'K 4.1 1',
    'NA 141 2',
  ]);
  // Together they failed at the third message; then each was tried alone, in order.
  expect(units.map(({ marked, done }) => [marked, done])).toEqual([
    [1, true],
    [1, false],
    [1, true],
    [0, false],
    [1, true],
    [1, true],
  ]);
});

test('R5 a specimen in a component where none is expected is held with the field as sent', async () => {
  const text = handMessage(wire.tube, [{ code: 'Na', text: '140' }]).replace(
    `|${wire.tube}|`,
    `|^${wire.tube}^7|`,
  );
  await wire.instrument.send(text);
  expect(await tasks('open', 1)).toMatchObject([
    { reason: 'unknownSpecimen', sentSpecimen: `^${wire.tube}^7` },
  ]);
  await results(0);
});
