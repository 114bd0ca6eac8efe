import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BadBench, RawInstrument, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';
import { mllpDevice } from './mllp-device.ts';

/** Messages as analysers of several makers send them, byte for byte over a socket into the real engine: posted right, or held for a stated reason. */

const PROFILES = [
  'generic-astm',
  'roche-cobas-c311',
  'roche-cobas-c111',
  'sysmex-xn',
  'generic-hl7',
] as const;
type ProfileId = (typeof PROFILES)[number];

const ports = {} as Record<ProfileId, number>;
const lines = new Map<ProfileId, RawInstrument>();
const cleanUps: (() => unknown)[] = [];
let hl7: Awaited<ReturnType<typeof mllpDevice>>;
let bench: BadBench;

beforeAll(async () => {
  const instruments = [];
  for (const [i, profile] of PROFILES.entries()) {
    ports[profile] = await freePort();
    const transport = { kind: 'tcpServer' as const, port: ports[profile] };
    instruments.push({ id: `DEV${i}`, profile, transport });
  }
  bench = await startBadBench({ instruments });
  hl7 = await mllpDevice(ports['generic-hl7'], cleanUps);
});

afterAll(async () => {
  for (const clean of cleanUps) await clean();
  for (const line of lines.values()) line.end();
  await bench?.stop();
});

/** Sends records over a lasting connection; every frame must be acknowledged. */
async function send(profile: ProfileId, records: readonly string[]): Promise<void> {
  const line = lines.get(profile) ?? (await RawInstrument.connect(ports[profile]));
  lines.set(profile, line);
  const answers = await line.send(records.map((record) => `${record}\r`).join(''));
  expect(new Set(answers)).toEqual(new Set([0x06]));
}

const H = 'H|\\^&|||DEV^1^SN1|||||||P|1|20260729064205';
const exceptions = async (specimens: readonly string[]) => {
  const of = (rows: readonly { sentSpecimen: string }[]) =>
    rows.map((row) => row.sentSpecimen).filter((one) => specimens.includes(one));
  const rows = await bench.tech.rows(
    'exceptions.list',
    { status: 'open' },
    (all) => of(all).length >= specimens.length,
  );
  return of(rows).sort();
};
const controls = () => bench.engine.bench.store.find('controls', { selector: {} });
const controlOf = async (material: string) => {
  await expect
    .poll(async () => (await controls()).map((one) => one.material), { timeout: 20_000 })
    .toContain(material);
  return (await controls()).find((one) => one.material === material)!;
};

test('results of a plate that name no specimen we can read are held one by one, though test, time and value are the same', async () => {
  const result = 'R|1|^^^GLU|5.4|mmol/L||||F||||20260729064205';
  const sample = (order: string) => ['P|1', order, result];
  await send('generic-astm', [
    H,
    ...sample('O|1||PLATE-A1|^^^GLU'),
    ...sample('O|1||PLATE-A2|^^^GLU'),
    'L|1|N',
  ]);
  await send('generic-astm', [H, ...sample('O|1||PLATE-A3|^^^GLU'), 'L|1|N']);
  await send('generic-astm', [H, ...sample('O|1|^PLATE-B1||^^^GLU'), 'L|1|N']);
  const specimens = ['PLATE-A1', 'PLATE-A2', 'PLATE-A3', '^PLATE-B1'];
  expect(await exceptions(specimens)).toEqual([...specimens].sort());
  // Sent again, byte for byte: nothing new.
  await send('generic-astm', [H, ...sample('O|1||PLATE-A3|^^^GLU'), 'L|1|N']);
  await send('generic-astm', [H, ...sample('O|1||PLATE-A4|^^^GLU'), 'L|1|N']);
  expect(await exceptions([...specimens, 'PLATE-A4'])).toEqual([...specimens, 'PLATE-A4'].sort());
});

test('R5 W11 a control is of the lot its name says, whatever rack and position stand beside it', async () => {
  for (const [name, level] of [
    ['PCCC1', '1'],
    ['QC-41234801', '2'],
  ] as const)
    await bench.lead.command('qc.lot.save', {
      ...{ lotId: null, material: name, manufacturer: 'Example Controls', lot: `LOT${level}`, level },
      ...{ expiresOn: '2099-12-31', opened: true, openStabilityHours: null, sentAs: [name] },
      state: 'current',
    });
  await send('roche-cobas-c311', [
    'H|\\^&|||H7600^1|||||host|RSUPL^REAL|P|1',
    'P|1',
    'O|1|PCCC1|0^50101^1^^QC^SC|^^^685^|R||||||Q||||1||||||||||F',
    'R|1|^^^685/|24|U/L||N||F||bmserv|||P1',
    'L|1|N',
  ]);
  await send('sysmex-xn', [
    'H|\\^&|||XN-550^00-19^11001^^^^AP1||||||||E1394-97',
    'P|1',
    'O|1||^^           QC-41234801^M|^^^^HGB|||||||Q||||||||||||||F',
    'R|1|^^^^HGB^1|13.5|g/dL||N||F||op||20260729064205',
    'L|1|N',
  ]);
  for (const [name, lot] of [
    ['PCCC1', 'LOT1'],
    ['QC-41234801', 'LOT2'],
  ] as const) {
    const control = await controlOf(name);
    expect([name, control.lotId === '', control.lot]).toEqual([name, false, lot]);
  }
});

test('R6 a code in a component of its own is held, mapped once by its whole field, and posted from then on', async () => {
  const message = (tube: string) => [
    H,
    'P|1',
    `O|1|${tube}||^^^^GLC`,
    'R|1|^^^^GLC^1|5.4|mmol/L||N||F',
    'L|1|N',
  ];
  const [first, second] = [await receivedTube(bench.tech, ['GLU']), await receivedTube(bench.tech, ['GLU'])];
  await send('generic-astm', message(first));
  await exceptions([first]);
  const [held] = (await bench.tech.rows('exceptions.list', { status: 'open' })).filter(
    (row) => row.sentSpecimen === first,
  );
  expect(held).toMatchObject({ reason: 'unknownTest', sentTest: '^^^^GLC^1' });
  expect(await bench.lead.command('exception.map', { taskId: held!.id, testCode: 'GLU' })).toEqual({
    posted: 1,
    held: 0,
  });
  await send('generic-astm', message(second));
  const rows = await bench.tech.rows('results.list', { filter: 'all' }, (all) =>
    [first, second].every((tube) => all.some((row) => row.accessionIdentifier === tube)),
  );
  expect(
    rows.filter((row) => [first, second].includes(row.accessionIdentifier)).map((row) => row.valueText),
  ).toEqual(['5.4', '5.4']);
});

test('M4 M7 the state of a device and its heartbeat are acknowledged, kept, and are no exception', async () => {
  const header = (type: string, id: string) =>
    `MSH|^~\\&|DEV|B|LEVEY|LAB|20260729064205||${type}|${id}|P|2.5.1\r`;
  const before = (await bench.tech.rows('exceptions.list', { status: 'open' })).length;
  hl7.send(
    `${header('ESU^U01^ESU_U01', 'E1')}EQU|1|20260729064205|OP^NORMAL OPERATION\r`,
    `${header('NMD^N02^NMD_N02', 'N1')}NCK|20260729064205\r`,
    `${header('SSU^U03^SSU_U03', 'S1')}EQU|1|20260729064205\rSAC|||C1\r`,
  );
  await expect.poll(() => hl7.acks(), { timeout: 20_000 }).toEqual(['AA E1', 'AA N1', 'AA S1']);
  // A command to the laboratory's own equipment is nothing a bench can do.
  hl7.send(`${header('EAC^U07^EAC_U07', 'C1')}EQU|1|20260729064205\rECD|1|LO\r`);
  await expect.poll(() => hl7.acks().at(-1), { timeout: 20_000 }).toBe('AR C1');
  const rows = await bench.tech.rows('exceptions.list', { status: 'open' }, (all) => all.length > before);
  expect(rows.length).toBe(before + 1);
});

test('M6 GB 18030 is read as the device names it: the value is posted, the name kept', async () => {
  const tube = await receivedTube(bench.tech, ['GLU']);
  const text = Buffer.from(
    `\x0bMSH|^~\\&|DEV|B|LEVEY|LAB|20260729064205||ORU^R01|G1|P|2.3.1||||||GB 18030-2000\rPID|1\rOBR|1||${tube}|X\rOBX|1|NM|GLU^\xc6\xcf\xcc\xd1\xcc\xc7||5.4|mmol/L|||||F\rNTE|1||\xc8\xdc\xd1\xaa\r\x1c\r`,
    'latin1',
  );
  hl7.socket.write(text);
  const rows = await bench.tech.rows('results.list', { filter: 'all' }, (all) =>
    all.some((row) => row.accessionIdentifier === tube),
  );
  const result = rows.find((row) => row.accessionIdentifier === tube)!;
  const doc = await bench.engine.bench.store.get('results', result.id);
  expect([doc?.value.text, doc?.value.unit, doc?.comment]).toEqual(['5.4', 'mmol/L', '溶血']);
});

test('M6 a value in µmol/L is posted, whatever way of writing µ a device has that names no character set, or ASCII', async () => {
  const sent = [
    ['', 'latin1'],
    ['', 'utf8'],
    ['ASCII', 'latin1'],
    ['ASCII', 'utf8'],
  ] as const;
  for (const [at, [charset, encoding]] of sent.entries()) {
    const tube = await receivedTube(bench.tech, ['CREA']);
    const text = `\x0bMSH|^~\\&|DEV|B|LEVEY|LAB|20260729064205||ORU^R01|U${at}|P|2.3.1||||||${charset}\rPID|1\rOBR|1||${tube}|X\rOBX|1|NM|CREA||80|µmol/L|||||F\r\x1c\r`;
    hl7.socket.write(Buffer.from(text, encoding));
    const rows = await bench.tech.rows('results.list', { filter: 'all' }, (all) =>
      all.some((row) => row.accessionIdentifier === tube),
    );
    const doc = await bench.engine.bench.store.get(
      'results',
      rows.find((row) => row.accessionIdentifier === tube)!.id,
    );
    expect([charset, encoding, doc?.value]).toEqual([
      ...[charset, encoding],
      { text: '80', kind: 'quantity', number: 80, unit: 'umol/L' },
    ]);
  }
});

test('R7 R9 R10 a cobas c 111: each alarm of a comment holds, a time with its offset, an answer where there is no work', async () => {
  const tube = await receivedTube(bench.tech, ['CREA']);
  const header = (what: string) =>
    `H|\\^&|||c111^Roche^c111^4.0.0.1100^1^1005|||||host|${what}^REAL|P|1|20260729064205`;
  await send('roche-cobas-c111', [
    header('RSUPL'),
    'P|1',
    `O|1||${tube}^^3|^^^690|R||||||N`,
    'R|1|^^^690|80|umol/L||A||F||$SYS$||20260729064205+0200',
    'C|1|I|43^x\\51|I',
    'L|1|N',
  ]);
  const rows = await bench.tech.rows('results.list', { filter: 'all' }, (all) =>
    all.some((row) => row.accessionIdentifier === tube),
  );
  const id = rows.find((row) => row.accessionIdentifier === tube)!.id;
  const doc = await bench.engine.bench.store.get('results', id);
  expect([doc?.value.text, doc?.flags, doc?.measuredTime, doc?.verdict]).toEqual([
    ...['80', ['A', 'alarm 43', 'alarm 51'], '2026-07-29T04:42:05.000Z', 'held'],
  ]);
  await send('roche-cobas-c111', [header('TSREQ'), 'Q|1|^NOBODY1||ALL||||||||O', 'L|1|N']);
  const line = lines.get('roche-cobas-c111')!;
  expect(await line.answer()).toBe(0x05);
  let heard = '';
  for (
    let byte = await line.ask(0x06);
    byte !== 0x04;
    byte = byte === 0x0a ? await line.ask(0x06) : await line.answer()
  )
    heard += String.fromCharCode(byte);
  expect(heard.split('\r').find((record) => record.includes('O|1|'))).toMatch(
    /O\|1\|NOBODY1\|\|\|R\|{6}A\|+Z$/,
  );
});
