import { describe, expect, it } from 'vitest';
import type { ResultDoc } from '../../../shared/documents/index.ts';
import type { AnyDoc } from './port.ts';
import { reconcileProgress } from './result-rules.ts';
import { decided, nextRound, standingFor, stands } from './result-rules-twice.ts';
import { resultDoc } from './testing.ts';

const waiting = { verdict: 'ready', status: 'preliminary', verifiedBy: '', verifiedTime: '' } as const;
const at = '2026-07-29T07:00:00.000Z';

function result(id: string, more: Partial<ResultDoc> = {}): ResultDoc {
  const doc = resultDoc(1, 0, { id, ...waiting, serverId: `s-${id}`, syncState: 'onServer', ...more });
  return { ...doc, sync: { ...doc.sync, sentChange: doc.change, versionId: '1' } };
}

/** A station's results of one test, as changed since they were last at the server. */
class Desk {
  readonly results: Map<string, ResultDoc>;
  /** What each record was when it was last the same here and at the server. */
  readonly base: Map<string, ResultDoc>;

  constructor(results: readonly ResultDoc[]) {
    this.results = new Map(results.map((doc) => [doc.id, doc]));
    this.base = new Map(this.results);
  }

  get all(): ResultDoc[] {
    return [...this.results.values()];
  }

  change(doc: ResultDoc): void {
    this.results.set(doc.id, { ...doc, change: doc.change + 1 });
  }

  decide(id: string, by: string): void {
    const decision = { stands: id, round: nextRound(this.all), by, at };
    for (const one of this.all.filter(stands)) this.change(decided(one, decision));
  }

  /** Takes and sends as the rules say; `server` is what is there. */
  meet(server: Map<string, ResultDoc>): void {
    for (const [id, there] of server) {
      const here = this.results.get(id);
      if (here === undefined) {
        this.settle(there);
        continue;
      }
      const verdict = reconcileProgress(here, there, this.base.get(id));
      if (verdict === undefined || verdict.kind === 'conflict')
        throw new Error(`${id}: ${JSON.stringify(verdict)}`);
      if (verdict.kind === 'send') server.set(id, settled(verdict.doc));
      this.settle(settled(verdict.doc));
    }
    for (const [id, doc] of this.results)
      if (!server.has(id)) server.set(id, settled(doc as unknown as AnyDoc));
  }

  private settle(doc: ResultDoc): void {
    this.results.set(doc.id, doc);
    this.base.set(doc.id, doc);
  }
}

function settled(doc: AnyDoc): ResultDoc {
  return { ...doc, sync: { ...doc.sync, sentChange: doc.change } } as unknown as ResultDoc;
}

/** Lets everybody meet the server until nothing changes. */
function meetAll(server: Map<string, ResultDoc>, desks: readonly Desk[]): void {
  for (let n = 0; n < 3; n += 1) for (const desk of desks) desk.meet(server);
}

const content = (doc: ResultDoc) => ({
  id: doc.id,
  current: doc.current,
  verdict: doc.verdict,
  because: doc.because,
});
const ids = ['res-1', 'res-2', 'res-3', 'res-4'];

describe('which of several results of one test stands', () => {
  it('is the one of the later result where two people decide apart, held until a person verifies it', () => {
    const server = new Map(ids.slice(0, 3).map((id) => [id, result(id)]));
    const [a, b, c] = [0, 1, 2].map(() => new Desk([...server.values()])) as [Desk, Desk, Desk];
    b.decide('res-2', 'b');
    c.decide('res-3', 'c');
    meetAll(server, [a, b, c]);
    for (const desk of [a, b, c]) {
      expect(desk.all.filter(stands).map((doc) => doc.id)).toEqual(['res-3']);
      const standing = desk.results.get('res-3')!;
      expect(standing.verdict).toBe('held');
      expect(standing.because).toContainEqual(
        expect.objectContaining({ rule: 'decidedTwice', outcome: 'hold' }),
      );
      const decisions = standing.because.filter((one) => one.rule === 'enteredTwice');
      expect(decisions.map((one) => one.inputs.by).sort()).toEqual(['b', 'c']);
    }
  });

  it('is not taken back by a decision made apart once it is released', () => {
    const server = new Map(ids.slice(0, 2).map((id) => [id, result(id)]));
    const [a, b] = [0, 1].map(() => new Desk([...server.values()])) as [Desk, Desk];
    a.decide('res-1', 'a');
    b.decide('res-2', 'b');
    const chosen = b.results.get('res-2')!;
    b.change({ ...chosen, verdict: 'released', status: 'final', verifiedBy: 'b', verifiedTime: at });
    meetAll(server, [a, b]);
    for (const desk of [a, b]) {
      expect(desk.results.get('res-2')).toMatchObject({ current: true, verdict: 'released' });
      expect(desk.results.get('res-1')).toMatchObject({ current: false });
    }
  });

  it('is what was decided last by who knew of the decisions before', () => {
    const server = new Map(ids.slice(0, 2).map((id) => [id, result(id)]));
    const [a, b] = [0, 1].map(() => new Desk([...server.values()])) as [Desk, Desk];
    a.decide('res-1', 'a');
    meetAll(server, [a, b]);
    const [first, second] = ids.slice(0, 2).map((id) => b.results.get(id)!);
    // A third one arrives, which nobody of them knew.
    for (const desk of [a, b]) desk.results.set('res-3', result('res-3'));
    b.decide('res-1', 'b');
    meetAll(server, [b, a]);
    expect([first!.current, second!.current]).toEqual([true, false]);
    for (const desk of [a, b]) expect(desk.all.filter(stands).map((doc) => doc.id)).toEqual(['res-1']);
    expect(a.results.get('res-1')!.verdict).toBe('ready');
  });

  it('is never one that a later version replaced', () => {
    const server = new Map(ids.slice(0, 2).map((id) => [id, result(id)]));
    const [a, b] = [0, 1].map(() => new Desk([...server.values()])) as [Desk, Desk];
    const next = result('res-9', { version: 2, replacesId: 'res-2' });
    b.change({ ...b.results.get('res-2')!, current: false });
    b.results.set(next.id, next);
    a.decide('res-2', 'a');
    meetAll(server, [a, b]);
    for (const desk of [a, b]) {
      expect(desk.results.get('res-2')!.current).toBe(false);
      expect(standingFor(desk.all, 'res-2')?.id).toBe('res-9');
    }
  });

  it('is no question where the server has another change of a version that was replaced here: nobody is asked', () => {
    const here = result('res-1', { current: false });
    const there = result('res-1', { comment: 'Haemolysed' });
    expect(reconcileProgress(here, there, undefined)).toMatchObject({ kind: 'take' });
    const released = result('res-1', {
      verdict: 'released',
      status: 'final',
      verifiedBy: 'a',
      verifiedTime: at,
    });
    expect(reconcileProgress(released, there, undefined)).toMatchObject({ kind: 'conflict' });
  });

  it('is the same everywhere and exactly one, whoever decides what and in whatever order it arrives (seeds 1 to 300)', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      let state = seed * 2_654_435_761;
      const whole = (below: number) => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return Math.floor((state / 2_147_483_648) * below);
      };
      const server = new Map(ids.slice(0, 2 + whole(3)).map((id) => [id, result(id)]));
      const desks = Array.from({ length: 3 }, () => new Desk([...server.values()]));
      for (let turn = 0; turn < 4; turn += 1) {
        for (const [n, desk] of desks.entries()) {
          const open = desk.all.filter(stands).map((doc) => doc.id);
          if (open.length > 1 && whole(3) > 0) desk.decide(open[whole(open.length)]!, `p${n}`);
          if (whole(2) === 0) desk.meet(server);
        }
      }
      meetAll(server, desks);
      const [first] = desks;
      const left = first!.all.filter(stands);
      if (left.length > 1) first!.decide(left[0]!.id, 'last');
      meetAll(server, desks);
      for (const desk of desks) {
        const said = desk.all.map(content).sort((x, y) => (x.id < y.id ? -1 : 1));
        const same = first!.all.map(content).sort((x, y) => (x.id < y.id ? -1 : 1));
        expect(said, `seed ${seed}`).toEqual(same);
        expect(desk.all.filter(stands), `seed ${seed}`).toHaveLength(1);
      }
    }
  });
});
