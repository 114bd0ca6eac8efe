import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { Overlay } from '../../shared/profiles/overlay.ts';
import { type BadBench, handMessage, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { hangUp, sendText } from './tools-fixture.ts';

/** The laboratory's own mapping: edited as a whole, from an exception, previewed, replayed and signed for. */

let bench: BadBench;
const id = 'T1.CHEM1';

afterEach(async () => {
  await hangUp();
  await bench?.stop();
});

const shown = async () => (await bench.lead.rows('profile.show', { instrumentId: id }))[0]!;
const openOnes = () => bench.tech.rows('exceptions.list', { status: 'open' });
const messageNumber = () => bench.engine.bench.store.journal.messages(id, 1)[0]!.id;
/** Waits until the line has read so many messages. */
const readBy = (n: number) =>
  bench.tech.rows(
    'instruments.trace',
    { instrumentId: id },
    (rows) => rows.filter((row) => row.message !== null).length === n,
  );
const documents = () => {
  const { documents: counts } = bench.engine.bench.store.stats();
  return counts;
};
const replayed = async (overlay?: Overlay) => {
  const { replayId } = await bench.tech.command('replay.run', {
    instrumentId: id,
    which: { kind: 'last', last: 100 },
    ...(overlay === undefined ? {} : { overlay }),
  });
  const [row] = await bench.tech.rows('replay.progress', { replayId }, ([one]) => one?.state !== 'running');
  return { row: row!, rows: await bench.tech.rows('replay.rows', { replayId }) };
};

test('a mapping is saved as a whole with the version it was edited from, by those who may', async () => {
  bench = await startBadBench();
  const before = await shown();
  expect(before).toMatchObject({ overlayVersion: 0, savedBy: '', conflicts: [] });
  expect(before.tests.every((row) => row.origin === 'builtIn')).toBe(true);
  const overlay: Overlay = {
    ...before.overlay,
    tests: [{ code: 'Na', test: 'K', loinc: null, unit: 'mmol/L', sentUnits: [], factor: '1' }],
  };
  const args = { instrumentId: id, baseVersion: 0, overlay };
  expect(await bench.tech.refusal('profile.save', args)).toMatchObject({ code: 'access.notAllowed' });
  expect(await bench.lead.command('profile.save', args)).toEqual({ version: 1 });
  expect(await bench.lead.refusal('profile.save', args)).toMatchObject({ code: 'profile.savedSince' });
  const after = await shown();
  expect(after).toMatchObject({ overlayVersion: 1, savedBy: 'T. okafor' });
  const row = after.tests.find((one) => one.id === 'Na');
  expect(row).toMatchObject({ origin: 'laboratory', replaces: { test: 'NA' } });
  expect(row?.conflicts).toEqual(['The profile maps this code to NA.']);

  const invalid = {
    instrumentId: id,
    baseVersion: 1,
    overlay: { ...overlay, notResults: [{ code: 'Na', text: 'x' }] },
  };
  expect(await bench.lead.refusal('profile.save', invalid)).toMatchObject({ code: 'profile.invalid' });
  const [entry] = bench.engine.bench.store.auditOf('instruments', id).slice(-1);
  expect(JSON.stringify(entry)).toContain('profile.save');
});

test('a prefix that specimens of this station have is no mark of a control', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['NA']);
  const { overlay } = await shown();
  const withPrefix = (prefix: string) => ({
    instrumentId: id,
    baseVersion: 0,
    overlay: { ...overlay, qc: { specimenPrefixes: [prefix], places: [] } },
  });
  for (const prefix of [tube, tube.slice(0, 3), tube.slice(0, 8)])
    expect(await bench.lead.refusal('profile.save', withPrefix(prefix))).toMatchObject({
      code: 'profile.invalid',
    });
  expect(await bench.lead.command('profile.save', withPrefix('CTRL'))).toEqual({ version: 1 });
});

test('R12 a unit is mapped from its exception with a factor, and everything held for it is posted exactly', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['GLU', 'NA']);
  await sendText(
    bench.port,
    handMessage(tube, [
      { code: 'Glu', text: '99', unit: 'mg/dL' },
      { code: 'Na', text: '140' },
    ]),
  );
  const [held] = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  expect(held).toMatchObject({ reason: 'unitMismatch', sentUnit: 'mg/dL' });
  expect(await bench.lead.command('exception.mapUnit', { taskId: held!.id, factor: '0.0555' })).toEqual({
    posted: 1,
    held: 0,
  });
  const results = await bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === 2);
  expect(results.find((row) => row.testCode === 'GLU')).toMatchObject({
    valueText: '5.4945',
    unit: 'mmol/L',
  });
  // The unit the profile knew is taken as before.
  const [preview] = await bench.tech.rows('profile.preview', {
    of: { instrumentId: id },
    source: { pasted: handMessage(tube, [{ code: 'Glu', text: '5.5' }]) },
  });
  expect(preview?.results).toMatchObject([{ value: '5.5', unit: 'mmol/L', problems: [] }]);
});

test('statuses, flags, controls and codes that are no results are mapped from their exceptions', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['NA', 'K']);
  const raw = (specimen: string, record: string) =>
    [
      'H|\\^&|||DC-800^1.0^77|||||||P|1|20260729064205',
      'P|1',
      `O|1|${specimen}||^^^Na`,
      record,
      'L|1|N',
      '',
    ].join('\r');
  await sendText(bench.port, raw(tube, 'R|1|^^^Na|140|mmol/L||N||Z||t||20260729064205'));
  const [status] = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  expect(status?.reason).toBe('unmappedStatus');
  expect(await bench.lead.command('exception.mapStatus', { taskId: status!.id, meaning: 'final' })).toEqual({
    posted: 1,
    held: 0,
  });

  await sendText(bench.port, raw('CTRL-1', 'R|1|^^^K|4.1|mmol/L||N||F||t||20260729064206'));
  const [control] = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  expect(control).toMatchObject({ reason: 'qcNotRecognised' });
  expect(
    await bench.lead.refusal('exception.isControl', { taskId: control!.id, prefix: 'QC' }),
  ).toMatchObject({ code: 'exception.prefix' });
  expect(await bench.lead.command('exception.isControl', { taskId: control!.id, prefix: 'CTRL' })).toEqual({
    posted: 1,
    held: 0,
  });
  expect(documents().controls).toBe(1);

  await sendText(bench.port, raw(tube, 'R|1|^^^LAMP|3|V||N||F||t||20260729064207'));
  await sendText(bench.port, raw(tube, 'R|1|^^^LAMP|4|V||Q9||F||t||20260729064208'));
  const held = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 2);
  const flagged = held.find((row) => row.sentValue === '4')!;
  expect(
    await bench.lead.command('exception.mapFlag', {
      taskId: flagged.id,
      flag: 'Q9',
      meaning: { interpretation: '', hold: true, text: 'Clot' },
    }),
  ).toEqual({ posted: 0, held: 1 });
  expect(await bench.lead.refusal('exception.mapUnit', { taskId: flagged.id })).toMatchObject({
    code: 'exception.mapTestFirst',
  });
  expect(
    await bench.lead.command('exception.notResult', { taskId: flagged.id, text: 'Lamp voltage' }),
  ).toEqual({ posted: 2, held: 0 });
  expect(await openOnes()).toEqual([]);
  await sendText(bench.port, raw(tube, 'R|1|^^^LAMP|5|V||N||F||t||20260729064209'));
  await readBy(5);
  expect(await openOnes()).toEqual([]);
});

test('a replay shows what is the same and what a changed mapping would change, and touches nothing', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['NA', 'K', 'GLU']);
  await sendText(
    bench.port,
    handMessage(tube, [
      { code: 'Na', text: '140' },
      { code: 'K', text: '4.10' },
      { code: 'GLUX', text: '5.5' },
    ]),
  );
  await sendText(bench.port, handMessage('QC-1', [{ code: 'K', text: '4.1', at: '20260729070000' }], 'Q'));
  await bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === 2);
  await readBy(2);
  const before = { documents: documents(), audit: bench.engine.bench.store.stats().auditRows };

  const today = await replayed();
  expect(today.row).toMatchObject({ state: 'done', messagesDone: 2, linkDifferences: [] });
  expect(today.row.counts).toEqual({ same: 4, changed: 0, wouldPost: 0, wouldHold: 0, lost: 0, new: 0 });
  const { overlay } = await shown();
  const draft: Overlay = {
    ...overlay,
    tests: [
      { code: 'GLUX', test: 'GLU', loinc: null, unit: 'mmol/L', sentUnits: [], factor: '1' },
      { code: 'K', test: 'K', loinc: null, unit: 'mmol/L', sentUnits: ['mmol/L'], factor: '1000' },
      { code: 'Na', test: 'NOTHERE', loinc: null, unit: 'mmol/L', sentUnits: [], factor: '1' },
    ],
  };
  const changed = await replayed(draft);
  expect(changed.row.counts).toEqual({ same: 0, changed: 2, wouldPost: 1, wouldHold: 1, lost: 0, new: 0 });
  const of = (code: string, control = false) =>
    changed.rows.find((row) => row.sentCode === code && row.control === control);
  expect(of('K')).toMatchObject({
    outcome: 'changed',
    differs: ['value'],
    before: { value: '4.10' },
    after: { value: '4100.00' },
  });
  expect(of('K', true)).toMatchObject({ outcome: 'changed', differs: ['value'] });
  expect(of('GLUX')).toMatchObject({
    outcome: 'wouldPost',
    before: { held: 'unknown test' },
    after: { testCode: 'GLU', held: '' },
  });
  expect(of('Na')).toMatchObject({ outcome: 'wouldHold', after: { held: 'unknown test' } });

  // Notes of the two replays are all that was added.
  expect(documents()).toEqual(before.documents);
  expect(bench.engine.bench.store.stats().auditRows).toBe(before.audit + 2);
  expect((await replayed()).row.digest).toBe(today.row.digest);
  const none = { instrumentId: id, which: { kind: 'messages' as const, numbers: ['999999'] } };
  expect(await bench.tech.refusal('replay.run', none)).toMatchObject({ code: 'message.unknown' });
});

test('R11 L12 L10 a replay of a line with refused, repeated and broken frames takes every byte as the line did', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['NA', 'K']);
  const message = handMessage(tube, [{ code: 'Na', text: '140' }]);
  await sendText(bench.port, message, { repeat: true, spoil: true });
  await sendText(bench.port, handMessage(tube, [{ code: 'K', text: '4.1' }]).replace('L|1|N\r', ''));
  await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  const { row } = await replayed();
  expect(row.linkDifferences).toEqual([]);
  expect(row.counts).toEqual({ same: 2, changed: 0, wouldPost: 0, wouldHold: 0, lost: 0, new: 0 });
});

test('C4 V2 a mapping is signed for with the PIN, and counts until it changes', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['NA']);
  await sendText(bench.port, handMessage(tube, [{ code: 'Na', text: '140' }]));
  await bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === 1);
  const cases = [messageNumber()];
  const { row: replay } = await replayed();
  const args = {
    instrumentId: id,
    tests: ['NA', 'K'],
    cases,
    replayId: replay.id,
    statement: 'Compared with the printout.',
    pin: '4711',
  };
  expect(await bench.lead.refusal('mapping.verify', { ...args, pin: '0000' })).toMatchObject({
    code: 'access.denied',
  });
  expect(await bench.tech.refusal('mapping.verify', args)).toMatchObject({ code: 'access.notAllowed' });
  const { replayId: _, ...alone } = args;
  expect(await bench.lead.refusal('mapping.verify', { ...alone, cases: [] })).toMatchObject({
    code: 'mapping.noCases',
  });
  expect(await bench.lead.refusal('mapping.verify', { ...args, tests: ['XYZ'] })).toMatchObject({
    code: 'mapping.unknownTest',
  });
  const { verificationId } = await bench.lead.command('mapping.verify', args);

  const [record] = await bench.lead.rows('mapping.verifications', { instrumentId: id });
  expect(record).toMatchObject({
    id: verificationId,
    by: 'T. okafor',
    role: 'technician, lead',
    intact: true,
    statement: args.statement,
  });
  expect(record?.cases).toMatchObject([{ messageNumber: cases[0], results: 1 }]);
  expect(record?.replay).toContain('1 messages: 1 same');
  expect(record?.tests.map((one) => [one.testCode, one.standing])).toEqual([
    ['NA', true],
    ['K', true],
  ]);
  const printed = async () => {
    const { pdf, name } = await bench.tech.command('mapping.verificationPdf', {
      instrumentId: id,
      verificationId,
    });
    expect(name).toBe('verification-CHEM1.pdf');
    expect(Buffer.from(pdf, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
    return pdf;
  };
  const asSigned = await printed();
  expect(
    await bench.tech.refusal('mapping.verificationPdf', { instrumentId: id, verificationId: 'none' }),
  ).toMatchObject({ code: 'mapping.noRecord' });
  const states = async () => {
    const rows = (await shown()).tests;
    return ['Na', 'K', 'Cl'].map((code) => rows.find((row) => row.id === code)?.verification.state);
  };
  expect(await states()).toEqual(['verified', 'verified', 'none']);

  const { overlay } = await shown();
  const changed: Overlay = {
    ...overlay,
    tests: [{ code: 'K', test: 'K', loinc: null, unit: 'mmol/L', sentUnits: ['meq/L'], factor: '1' }],
  };
  await bench.lead.command('profile.save', { instrumentId: id, baseVersion: 0, overlay: changed });
  expect(await states()).toEqual(['verified', 'changed', 'none']);
  expect(await printed()).not.toBe(asSigned);
  await bench.lead.command('profile.save', { instrumentId: id, baseVersion: 1, overlay });
  expect(await states()).toEqual(['verified', 'verified', 'none']);

  // A record that was altered in the store counts for nothing.
  const { store } = bench.engine.bench;
  const doc = (await store.get('instruments', id))!;
  const [signed] = doc.verifications;
  await store.write(
    { actor: 'test', command: 'test', station: 'T1', at: new Date().toISOString() },
    async (unit) => {
      unit.put('instruments', {
        ...doc,
        verifications: [
          {
            ...signed!,
            tests: [...signed!.tests, { testCode: 'CL', digest: createHash('sha256').digest('hex') }],
          },
        ],
      });
    },
  );
  expect(await states()).toEqual(['none', 'none', 'none']);
  const [altered] = await bench.lead.rows('mapping.verifications', { instrumentId: id });
  expect(altered?.intact).toBe(false);
});

test('V2 a mapping nobody verified keeps results from being released by themselves, and a person sees it', async () => {
  bench = await startBadBench();
  const remark = async (number: string) => {
    const [row] = (
      await bench.tech.rows('results.list', { filter: 'all' }, (rows) =>
        rows.some((one) => one.accessionIdentifier === number),
      )
    ).filter((one) => one.accessionIdentifier === number);
    const doc = await bench.engine.bench.store.get('results', row!.id);
    return doc!.because.find((one) => one.rule === 'mapping');
  };
  const first = await receivedTube(bench.tech, ['NA']);
  await sendText(bench.port, handMessage(first, [{ code: 'Na', text: '140' }]));
  expect(await remark(first)).toMatchObject({ outcome: 'warn' });
  expect((await remark(first))?.text).toContain('Nobody has verified');
  const cases = [messageNumber()];
  await bench.lead.command('mapping.verify', {
    instrumentId: id,
    tests: ['NA'],
    cases,
    statement: 'Compared.',
    pin: '4711',
  });
  const second = await receivedTube(bench.tech, ['NA']);
  await sendText(bench.port, handMessage(second, [{ code: 'Na', text: '141' }]));
  expect(await remark(second)).toMatchObject({ outcome: 'pass', inputs: { by: 'T. okafor' } });
  const { overlay } = await shown();
  const more = { ...overlay, statuses: { Z: 'final' as const } };
  await bench.lead.command('profile.save', { instrumentId: id, baseVersion: 0, overlay: more });
  const third = await receivedTube(bench.tech, ['NA']);
  await sendText(bench.port, handMessage(third, [{ code: 'Na', text: '142' }]));
  expect(await remark(third)).toMatchObject({ outcome: 'warn' });
  expect((await remark(third))?.text).toContain('was changed since T. okafor');
});
