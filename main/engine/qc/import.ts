/** Lots, targets, points and peer figures from CSV files: everything of a file or nothing. */
import { createHash } from 'node:crypto';
import { newBase } from '../../../shared/documents/common.ts';
import { LotDoc, QcTarget } from '../../../shared/documents/lot.ts';
import { type CsvRow, readCsv } from '../../../shared/domain/qc/csv.ts';
import { parseValue } from '../../../shared/domain/value.ts';
import type { QcImportOutcome } from '../../../shared/ipc/qc.ts';
import { type Call, person } from '../bench.ts';
import { instantOfLocal, instantsOfLocal } from '../local-time.ts';
import type { Writer } from '../store/store.ts';
import { planEqa } from './import-eqa.ts';
import { decimal, each, keyOf, type Plan, type Reading } from './import-read.ts';
import { type PeerEntry, peerEntries, putPeerEntries } from './peer.ts';
import { type ArrivedControl, judgeAgain, recordControls } from './record.ts';

type Kind = 'lots' | 'targets' | 'points' | 'peer' | 'eqa';

const columns: Record<Kind, { required: readonly string[]; optional: readonly string[] }> = {
  lots: {
    required: ['material', 'lot', 'level', 'sentas'],
    optional: ['manufacturer', 'expires', 'openhours', 'state'],
  },
  targets: {
    required: ['material', 'lot', 'level', 'test', 'mean', 'sd'],
    optional: ['instrument', 'kind', 'from'],
  },
  points: {
    required: ['instrument', 'test', 'material', 'lot', 'level', 'value', 'time'],
    optional: ['operator'],
  },
  peer: {
    required: ['month', 'instrument', 'test', 'material', 'lot', 'level', 'n', 'mean', 'sd'],
    optional: [],
  },
  eqa: { required: ['scheme', 'event', 'specimen', 'test', 'mean'], optional: ['sd', 'low', 'high'] },
};

/**
 * Reads a file and, unless it is a dry run or has a problem, writes all of it in one unit. Lots that exist are left as they are and counted as
 * known; so are targets and points that are here already.
 */
export async function importCsv(
  call: Call,
  { kind, text, dryRun }: { kind: Kind; text: string; dryRun: boolean },
): Promise<QcImportOutcome> {
  const { bench, context } = call;
  const { required, optional } = columns[kind];
  const { rows, problems } = readCsv(text, required, optional);
  // The queue of units is the one writer: what is read in it does not change until it is written.
  const outcome = await bench.store.write(context, async (unit) => {
    const reading: Reading = {
      call,
      lots: await unit.find('lots', { selector: {} }),
      problems: [...problems],
    };
    const plan = await planners[kind](reading, unit, rows);
    const sorted = reading.problems.sort((a, b) => a.line - b.line);
    const done = !dryRun && sorted.length === 0;
    if (done) await plan.write();
    return { done, taken: plan.taken, known: plan.known, problems: sorted };
  });
  if (outcome.done && (kind === 'lots' || kind === 'targets')) {
    await bench.qcLots.load(bench.store);
    if (kind === 'targets') await followTargets(call);
  }
  return outcome;
}

const planners: Record<Kind, (reading: Reading, unit: Writer, rows: CsvRow[]) => Promise<Plan>> = {
  lots: planLots,
  targets: planTargets,
  points: planPoints,
  peer: planPeer,
  eqa: planEqa,
};

function lotNamed(
  reading: Reading,
  values: CsvRow['values'],
  problem: (text: string) => null,
): LotDoc | null {
  const found = reading.lots.filter(
    (lot) => lot.material === values.material && lot.lot === values.lot && lot.level === values.level,
  );
  const [lot] = found;
  if (lot !== undefined && found.length === 1) return lot;
  const name = `${values.material} ${values.level}, lot ${values.lot}`;
  return problem(lot === undefined ? `There is no lot “${name}”.` : `There are several lots “${name}”.`);
}

function testNamed({ call }: Reading, code: string, problem: (text: string) => null): string | null {
  return call.bench.catalog.test(code) === undefined ? problem(`There is no test “${code}”.`) : code;
}

/** The id of a line by its id or the short one of the station file. */
function instrumentNamed({ call }: Reading, name: string, problem: (text: string) => null): string | null {
  const { instruments, station } = call.bench;
  const line = instruments.lines().find(({ id }) => id === name || id === `${station.code}.${name}`);
  return line === undefined ? problem(`There is no instrument “${name}”.`) : line.id;
}

/** An instant from one with a zone, or from local time of the bench, to the minute or second: one that came twice or never is asked for (R10). */
function instantNamed({ call }: Reading, text: string, problem: (words: string) => null): string | null {
  const [, day, time, seconds, zone] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  const wrong = `“${text}” is not a time such as 2026-07-29 06:42.`;
  if (day === undefined) return problem(wrong);
  if (zone !== undefined) {
    const at = new Date(text.replace(' ', 'T'));
    return Number.isNaN(at.getTime()) ? problem(wrong) : at.toISOString();
  }
  const { timeZone } = call.bench.station;
  const local = `${day}T${time ?? '00:00'}${seconds ?? ':00'}`;
  const at = instantOfLocal(timeZone, local);
  if (at === null) return problem(wrong);
  const times = time === undefined ? 1 : instantsOfLocal(timeZone, local).length;
  if (times === 1) return at;
  return problem(
    times === 0
      ? `“${text}” never came: the clocks were put forward.`
      : `“${text}” came twice: write its offset behind it, as in +01:00.`,
  );
}

async function planLots(reading: Reading, unit: Writer, rows: CsvRow[]): Promise<Plan> {
  const { call } = reading;
  let known = 0;
  const read = each(
    reading,
    rows,
    keyOf('material', 'lot', 'level'),
    ({ values }, problem): LotDoc | null => {
      const hours =
        values.openhours === undefined || values.openhours === '' ? null : Number(values.openhours);
      const doc = {
        ...newBase(call.bench.newId(), call.at, 'queued'),
        material: values.material ?? '',
        manufacturer: values.manufacturer ?? '',
        lot: values.lot ?? '',
        level: values.level ?? '',
        expiresOn: values.expires ?? '',
        openedTime: '',
        openStabilityHours: hours,
        sentAs: (values.sentas ?? '')
          .split('|')
          .map((one) => one.trim())
          .filter((one) => one !== ''),
        state: values.state || 'parallel',
        targets: [],
      };
      if (doc.material === '' || doc.lot === '' || doc.level === '')
        return problem('Material, lot and level are needed.');
      if (doc.expiresOn !== '' && !isDay(doc.expiresOn))
        return problem(`“${doc.expiresOn}” is not a day such as 2026-12-31.`);
      if (hours !== null && !(hours > 0)) return problem(`“${values.openhours}” is not a number of hours.`);
      if (doc.sentAs.length === 0) return problem('The name by which instruments send it is missing.');
      const shaped = LotDoc.safeParse(doc);
      if (!shaped.success) return problem(`“${String(shaped.error.issues[0]?.path[0])}” cannot be taken.`);
      const here = reading.lots.some(
        (lot) => lot.material === doc.material && lot.lot === doc.lot && lot.level === doc.level,
      );
      if (here) {
        known += 1;
        return null;
      }
      const taken = reading.lots.find(
        (lot) =>
          lot.state === 'current' &&
          shaped.data.state === 'current' &&
          lot.sentAs.some((name) => doc.sentAs.includes(name)),
      );
      return taken === undefined
        ? shaped.data
        : problem(`The lot ${taken.lot} in use is sent by the same name.`);
    },
  );
  const current = read.filter((one) => one.value.state === 'current');
  for (const [at, one] of current.entries()) {
    const same = current
      .slice(0, at)
      .find((other) => other.value.sentAs.some((n) => one.value.sentAs.includes(n)));
    if (same !== undefined)
      reading.problems.push({
        line: one.line,
        text: `Line ${same.line} is in use and sent by the same name.`,
      });
  }
  return {
    taken: read.length,
    known,
    write: async () => {
      for (const { value } of read) unit.put('lots', value);
    },
  };
}

/** A day that is in the calendar: `2026-02-30` is none. */
function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00.000Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text) && text.length === 10;
}

async function planTargets(reading: Reading, unit: Writer, rows: CsvRow[]): Promise<Plan> {
  const { call } = reading;
  const who = person(call);
  const approved = who.roles.includes('supervisor');
  let known = 0;
  const key = keyOf('material', 'lot', 'level', 'test', 'instrument', 'from');
  const read = each(reading, rows, key, ({ values }, problem): { lotId: string; target: QcTarget } | null => {
    const lot = lotNamed(reading, values, problem);
    const testCode = testNamed(reading, values.test ?? '', problem);
    const named = values.instrument ?? '';
    const instrumentId = named === '' ? '' : instrumentNamed(reading, named, problem);
    const fromTime = values.from ? instantNamed(reading, values.from, problem) : call.at;
    const mean = decimal(values.mean ?? '') ?? problem(`The mean “${values.mean}” is not a number.`);
    const sd = decimal(values.sd ?? '') ?? problem(`The SD “${values.sd}” is not a number.`);
    if (sd !== null && !(Number(sd) > 0)) return problem('An SD that is not above zero cannot judge.');
    if (lot === null || testCode === null || instrumentId === null || fromTime === null) return null;
    if (mean === null || sd === null) return null;
    const kind = values.kind || 'manufacturer';
    if (kind !== 'manufacturer' && kind !== 'fixed')
      return problem(`The kind “${kind}” is neither manufacturer nor fixed.`);
    const same = lot.targets.some(
      (one) =>
        one.testCode === testCode && one.instrumentId === instrumentId && one.mean === mean && one.sd === sd,
    );
    if (same) {
      known += 1;
      return null;
    }
    const target = {
      ...{ id: call.bench.newId(), testCode, instrumentId, kind, mean, sd, points: 0, fromTime },
      unit: call.bench.catalog.test(testCode)?.unit ?? '',
      ...{ setBy: who.id, setTime: call.at },
      ...{ approvedBy: approved ? who.id : '', approvedTime: approved ? call.at : '' },
    };
    const shaped = QcTarget.safeParse(target);
    return shaped.success ? { lotId: lot.id, target: shaped.data } : problem('The target cannot be taken.');
  });
  return {
    taken: read.length,
    known,
    write: async () => {
      for (const { value } of read) {
        const lot = await unit.get('lots', value.lotId);
        if (lot !== undefined) unit.put('lots', { ...lot, targets: [...lot.targets, value.target] });
      }
    },
  };
}

async function planPoints(reading: Reading, unit: Writer, rows: CsvRow[]): Promise<Plan> {
  const { call } = reading;
  const { bench, at } = call;
  const key = keyOf('instrument', 'test', 'material', 'lot', 'level', 'value', 'time');
  const read = each(reading, rows, key, ({ values }, problem): ArrivedControl | null => {
    const lot = lotNamed(reading, values, problem);
    const testCode = testNamed(reading, values.test ?? '', problem);
    const instrumentId = instrumentNamed(reading, values.instrument ?? '', problem);
    const measuredTime = instantNamed(reading, values.time ?? '', problem);
    const value = parseValue(values.value ?? '', { comma: 'decimal' });
    if (value.kind !== 'quantity') return problem(`The value “${values.value}” is not a number.`);
    if (lot === null || testCode === null || instrumentId === null || measuredTime === null) return null;
    if (measuredTime > at) return problem(`“${values.time}” has not come yet.`);
    if (lot.state === 'ended') return problem(`The lot ${lot.lot} has ended.`);
    return {
      instrumentId,
      testCode,
      material: lot.sentAs[0] ?? lot.lot,
      lot: lot.lot,
      value: { ...value, unit: bench.catalog.test(testCode)?.unit ?? '' },
      measuredTime,
      postedTime: at,
      operator: values.operator ?? '',
      sourceKey: digest([instrumentId, testCode, lot.id, measuredTime, value.text]),
      messageId: '',
    };
  });
  const fresh: ArrivedControl[] = [];
  for (const { value } of read) {
    // Here already: from a file before, or from the instrument itself.
    const same = await unit.find('controls', {
      selector: {
        instrumentId: { $eq: value.instrumentId },
        testCode: { $eq: value.testCode },
        effectiveTime: { $eq: value.measuredTime },
      },
    });
    const here = same.some((one) => one.lot === value.lot && one.value.number === value.value.number);
    if (!here) fresh.push(value);
  }
  return {
    taken: fresh.length,
    known: read.length - fresh.length,
    write: async () => {
      const inOrder = fresh.toSorted((a, b) => (a.measuredTime < b.measuredTime ? -1 : 1));
      await recordControls(bench, unit, at, inOrder);
    },
  };
}

async function planPeer(reading: Reading, unit: Writer, rows: CsvRow[]): Promise<Plan> {
  const key = keyOf('month', 'instrument', 'test', 'material', 'lot', 'level');
  const read = each(reading, rows, key, ({ values }, problem): PeerEntry | null => {
    const lot = lotNamed(reading, values, problem);
    const testCode = testNamed(reading, values.test ?? '', problem);
    const instrumentId = instrumentNamed(reading, values.instrument ?? '', problem);
    const n = Number(values.n);
    const mean = decimal(values.mean ?? '');
    const sd = decimal(values.sd ?? '');
    if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(values.month ?? ''))
      return problem(`“${values.month}” is not a month such as 2026-07.`);
    if (!Number.isInteger(n) || n < 1) return problem(`“${values.n}” is not a number of points.`);
    if (mean === null || sd === null || !(Number(sd) > 0))
      return problem('Mean and SD have to be numbers, and the SD above zero.');
    if (lot === null || testCode === null || instrumentId === null) return null;
    return { month: values.month ?? '', instrumentId, testCode, lotId: lot.id, n, mean, sd };
  });
  const before = await peerEntries(unit);
  const fresh = read.map((one) => one.value).filter((one) => !before.some((old) => sameEntry(old, one)));
  return {
    taken: fresh.length,
    known: read.length - fresh.length,
    write: () => putPeerEntries(unit, reading.call.at, before, fresh),
  };
}

function sameEntry(a: PeerEntry, b: PeerEntry): boolean {
  return (Object.keys(a) as (keyof PeerEntry)[]).every((name) => a[name] === b[name]);
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** New targets may hold for points that are here: all of the lots' tests are judged again. */
async function followTargets({ bench, at, context }: Call): Promise<void> {
  const lines = bench.instruments.lines().map((line) => line.id);
  const keys = new Set(
    bench.qcLots
      .all()
      .flatMap((lot) => lot.targets)
      .filter((target) => target.setTime === at)
      .flatMap(({ testCode, instrumentId }) =>
        (instrumentId === '' ? lines : [instrumentId]).map((id) => `${id} ${testCode}`),
      ),
  );
  await bench.store.write(context, async (unit) => {
    for (const key of keys) {
      const [instrumentId = '', testCode = ''] = key.split(' ');
      await judgeAgain(bench, unit, at, instrumentId, testCode);
    }
  });
}
