/** What records of quality control from other stations mean here: written, and followed by the gates, in one transaction. */
import { newSync } from '../../../shared/documents/common.ts';
import type { DocOf } from '../../../shared/documents/index.ts';
import type { LotDoc } from '../../../shared/documents/lot.ts';
import { PlanChange } from '../../../shared/domain/qc/plan.ts';
import { instrumentOfSetting } from '../../../shared/fhir/setting.ts';
import type { Bench } from '../bench.ts';
import { ANALYSERS, analysersElsewhere } from '../qc/analysers.ts';
import { pairsOf, takePlanChanges } from '../qc/plan-change.ts';
import { followGate } from '../qc/record.ts';
import { twinOf } from '../qc/twins.ts';
import { putSetting } from '../settings.ts';
import type { Writer } from '../store/store.ts';
import { keepDispute } from './conflicts.ts';
import type { AnyDoc } from './port.ts';
import { targetsOf } from './qc-merge.ts';
import { reconcile } from './reconcile.ts';
import { questionsOf } from './store-port.ts';

/** Collections that come from other stations. */
export type QcKind = 'lots' | 'settings' | 'controls';

/** A record as the server has it. */
export interface Arrived {
  there: AnyDoc;
  serverId: string;
  versionId: string;
  /** the analyser it is about, by its id at the station that wrote it and by ours; both '' when it is about none */
  analyser: { there: string; here: string };
}

const SHARED = /^qc\.(events|override|overrides|signOffs|plans|people|eqa)\./;

/** Writes what arrived of one kind: nothing of what is here in that version already. @returns records written */
export async function land(bench: Bench, kind: QcKind, arrived: readonly Arrived[]): Promise<number> {
  const at = bench.clock.now().toISOString();
  const context = { actor: 'server', command: 'sync', station: bench.station.code, at };
  const count = await bench.store.write(context, async (unit) => {
    let written = 0;
    const gates = new Map<string, { instrumentId: string; testCode: string }>();
    const follow = (instrumentId: string, testCode: string): void => {
      for (const one of pairsOf(bench, { instrumentId, testCode }))
        gates.set(`${one.instrumentId} ${one.testCode}`, one);
    };
    await noteAnalysers(unit, at, arrived);
    for (const one of arrived) {
      if (kind === 'settings' && !(await isShared(bench, unit, one))) continue;
      if (kind === 'controls' && (await isTwin(unit, one.there as unknown as DocOf<'controls'>))) continue;
      const doc = await merged(unit, kind, one, at);
      if (doc === null) continue;
      unit.put(kind, doc as unknown as DocOf<typeof kind>, { sync: true });
      written += 1;
      if (kind === 'controls') {
        const control = doc as unknown as DocOf<'controls'>;
        follow(control.instrumentId, control.testCode);
      } else if (kind === 'settings') await takeSetting(bench, unit, at, one, follow);
    }
    if (kind === 'lots') await joinTwins(unit);
    for (const { instrumentId, testCode } of gates.values())
      await followGate(bench, unit, at, instrumentId, testCode);
    return written;
  });
  if (count === 0 || kind !== 'lots') return count;
  // A target or a lot of another station may ask for a level that was not asked for before.
  await bench.qcLots.load(bench.store);
  await bench.store.write(context, async (unit) => {
    for (const { instrumentId, testCode } of pairsOf(bench, { instrumentId: '', testCode: '' }))
      await followGate(bench, unit, at, instrumentId, testCode);
  });
  return count;
}

/** True for a measurement that the analyser sent to this station too. */
async function isTwin(unit: Writer, control: DocOf<'controls'>): Promise<boolean> {
  if ((await unit.get('controls', control.id)) !== undefined) return false;
  return (await twinOf(unit, control)) !== undefined;
}

/** The document to write; null when this version is here already, or ours is on its way. */
async function merged(unit: Writer, kind: QcKind, one: Arrived, at: string): Promise<AnyDoc | null> {
  const { there, serverId, versionId } = one;
  const here = (await unit.get(kind, there.id)) as unknown as AnyDoc | undefined;
  if (here === undefined)
    return {
      ...there,
      serverId,
      syncState: 'onServer',
      sync: { ...newSync(at), versionId, sentChange: there.change },
    };
  if (here.serverId === '' || (here.serverId === serverId && here.sync.versionId === versionId)) return null;
  const verdict = reconcile(kind, here, { ...there, change: here.change }, undefined);
  // Where both sides changed the same field, sending it settles it by the same rules.
  if (verdict.kind === 'conflict') return null;
  const send = verdict.kind === 'send';
  const change = send ? here.change + 1 : here.change;
  const sync = { ...here.sync, versionId, why: '', since: at };
  const doc: AnyDoc = send
    ? { ...verdict.doc, change, serverId, syncState: 'queued', sync }
    : { ...verdict.doc, change, serverId, syncState: 'onServer', sync: { ...sync, sentChange: change } };
  return keepDispute(questionsOf(unit), kind, here, doc, at);
}

/** Remembers which analysers of other stations are ours. */
async function noteAnalysers(unit: Writer, at: string, arrived: readonly Arrived[]): Promise<void> {
  const known = await analysersElsewhere(unit);
  const news = { ...known };
  for (const { analyser } of arrived) {
    if (analyser.there === '' || analyser.there === analyser.here) continue;
    if (analyser.here === '') delete news[analyser.there];
    else news[analyser.there] = analyser.here;
  }
  if (JSON.stringify(news) !== JSON.stringify(known)) await putSetting(unit, at, ANALYSERS, news);
}

/** True for a shared record of another station, or for one of ours that is not here any more. */
async function isShared(bench: Bench, unit: Writer, { there }: Arrived): Promise<boolean> {
  const { id, value } = there as unknown as DocOf<'settings'>;
  if (!SHARED.test(id)) return false;
  const own =
    bench.instruments.lines().some((line) => line.id === instrumentOfSetting({ id, value })) ||
    id.endsWith(`.${bench.station.code}`);
  return !own || (await unit.get('settings', id)) === undefined;
}

async function takeSetting(
  bench: Bench,
  unit: Writer,
  at: string,
  { there, analyser }: Arrived,
  follow: (instrumentId: string, testCode: string) => void,
): Promise<void> {
  const { id, value } = there as unknown as DocOf<'settings'>;
  if (!id.startsWith('qc.plans.')) {
    if (analyser.here !== '') follow(analyser.here, '');
    return;
  }
  const changes = PlanChange.array().safeParse(value);
  if (!changes.success) return;
  const elsewhere = await analysersElsewhere(unit);
  await takePlanChanges(
    bench,
    unit,
    at,
    changes.data.map((one) => ({ ...one, instrumentId: elsewhere[one.instrumentId] ?? one.instrumentId })),
  );
}

/**
 * The same lot set up at two stations before they knew of each other is one lot: that with the smaller id stays, with the targets of both, and the
 * other one ends. Both stations come to the same.
 */
async function joinTwins(unit: Writer): Promise<void> {
  const lots = (await unit.find('lots', { selector: {} })).filter((lot) => lot.state !== 'ended');
  const same = Map.groupBy(lots, (lot: LotDoc) => JSON.stringify([lot.material, lot.lot, lot.level]));
  for (const twins of same.values()) {
    const [first, ...others] = twins.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    if (first === undefined || others.length === 0) continue;
    const state = twins.some((one) => one.state === 'current') ? 'current' : 'parallel';
    const sentAs = [...new Set(twins.flatMap((one) => one.sentAs))];
    const targets = others.reduce((all, one) => targetsOf(all, one.targets), first.targets);
    unit.put('lots', { ...first, state, sentAs, targets });
    for (const one of others) unit.put('lots', { ...one, state: 'ended' });
  }
}
