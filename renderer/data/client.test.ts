import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StripRow } from '../../shared/ipc/strip.ts';
import { strip } from '../preview/fixtures.ts';
import { EngineClient, LINGER_MS, stableText } from './client.ts';
import { FakeEngine } from './fake.ts';
import { applyDelta, applySnapshot, createLiveStore } from './live.ts';

const person = (id: string, name = id) => ({
  id,
  username: id,
  name,
  initials: 'X',
  roles: [],
  lastSignIn: '',
  pin: true,
});

describe('live store', () => {
  it('applies a delta by id and keeps the identity of rows that did not change', () => {
    const store = createLiveStore<{ id: string; n: number }>();
    applySnapshot(store, [
      { id: 'a', n: 1 },
      { id: 'b', n: 2 },
    ]);
    const a = store.getState().byId.get('a');
    applyDelta(store, { put: [{ id: 'b', n: 3 }] });
    expect(store.getState().rows).toEqual([
      { id: 'a', n: 1 },
      { id: 'b', n: 3 },
    ]);
    expect(store.getState().rows[0]).toBe(a);
  });

  it('reorders, inserts and removes by the order list', () => {
    const store = createLiveStore<{ id: string }>();
    applySnapshot(store, [{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    applyDelta(store, { put: [{ id: 'd' }], order: ['d', 'c', 'a'] });
    expect(store.getState().rows.map((row) => row.id)).toEqual(['d', 'c', 'a']);
    expect(store.getState().byId.has('b')).toBe(false);
  });

  it('never leaves out a new row that came without an order, and ignores unknown and doubled ids', () => {
    const store = createLiveStore<{ id: string }>();
    applySnapshot(store, [{ id: 'a' }]);
    applyDelta(store, { put: [{ id: 'b' }] });
    expect(store.getState().rows.map((row) => row.id)).toEqual(['a', 'b']);
    applyDelta(store, { put: [], order: ['b', 'x', 'b', 'a'] });
    expect(store.getState().rows.map((row) => row.id)).toEqual(['b', 'a']);
  });
});

describe('engine client', () => {
  let engine: FakeEngine;
  let client: EngineClient;
  beforeEach(() => {
    vi.useFakeTimers();
    engine = new FakeEngine();
    client = new EngineClient(engine);
  });
  afterEach(() => {
    client.close();
    vi.useRealTimers();
  });
  const settle = () => vi.advanceTimersByTimeAsync(0);

  it('shares one subscription between all who watch the same thing, whatever the order of the arguments', async () => {
    engine.rows('catalog.list', []);
    const one = client.watch('catalog.list', { kind: 'test' });
    const two = client.watch('catalog.list', { kind: 'test' });
    const other = client.watch('catalog.list', { kind: 'panel' });
    expect(one.store).toBe(two.store);
    expect(other.store).not.toBe(one.store);
    expect(engine.sent.filter((message) => message.type === 'watch')).toHaveLength(2);
    expect(stableText({ b: 1, a: { d: 2, c: 3 } })).toBe(stableText({ a: { c: 3, d: 2 }, b: 1 }));
    await settle();
  });

  it('goes from loading to live, and takes deltas', async () => {
    engine.rows('access.lockPeople', [person('p1')]);
    const { store } = client.watch('access.lockPeople', {});
    expect(store.getState().state).toBe('loading');
    await settle();
    expect(store.getState().state).toBe('live');
    engine.delta('access.lockPeople', { put: [person('p2')], order: ['p2', 'p1'] });
    expect(store.getState().rows.map((row) => row.id)).toEqual(['p2', 'p1']);
  });

  it('ends a subscription only a while after its last user went, and only once', async () => {
    engine.rows('access.lockPeople', []);
    const one = client.watch('access.lockPeople', {});
    const two = client.watch('access.lockPeople', {});
    one.release();
    one.release();
    await vi.advanceTimersByTimeAsync(LINGER_MS * 2);
    expect(engine.sent.some((message) => message.type === 'unwatch')).toBe(false);
    two.release();
    await vi.advanceTimersByTimeAsync(LINGER_MS - 1);
    const back = client.watch('access.lockPeople', {});
    await vi.advanceTimersByTimeAsync(LINGER_MS * 2);
    expect(engine.sent.some((message) => message.type === 'unwatch')).toBe(false);
    back.release();
    await vi.advanceTimersByTimeAsync(LINGER_MS);
    expect(engine.sent.filter((message) => message.type === 'unwatch')).toHaveLength(1);
  });

  it('keeps the rows as stale while the engine is away and asks again for everything after its restart', async () => {
    engine.rows('access.lockPeople', [person('p1')]);
    const { store } = client.watch('access.lockPeople', {});
    await settle();
    engine.run(false);
    expect(store.getState()).toMatchObject({ state: 'stale', rows: [{ id: 'p1' }] });
    engine.rows('access.lockPeople', [person('p1'), person('p2')]);
    engine.run(true);
    await settle();
    expect(store.getState().state).toBe('live');
    expect(store.getState().rows).toHaveLength(2);
    expect(engine.sent.filter((message) => message.type === 'watch')).toHaveLength(2);
  });

  it('shows why a query was refused and asks again when told', async () => {
    const { store } = client.watch('health', {});
    engine.refuse('health', { code: 'access.denied', what: 'w', safe: 's', todo: 't' });
    expect(store.getState()).toMatchObject({ state: 'failed', error: { code: 'access.denied' } });
    client.retryFailed();
    expect(engine.sent.filter((message) => message.type === 'watch')).toHaveLength(2);
  });

  it('answers commands, passes errors on as data, and never leaves one waiting when the engine stops', async () => {
    engine.answer('access.lock', () => null);
    engine.answer('access.signIn', () => {
      throw { code: 'access.denied', what: 'w', safe: 's', todo: 't' };
    });
    await expect(client.command('access.lock', {})).resolves.toEqual({ ok: true, value: null });
    await expect(client.command('access.signIn', { username: 'x' })).resolves.toMatchObject({
      ok: false,
      error: { code: 'access.denied' },
    });
    const waiting = client.command('access.signOut', {});
    engine.run(false);
    await expect(waiting).resolves.toMatchObject({ ok: false, error: { code: 'engine.away' } });
    await expect(client.command('access.lock', {})).resolves.toMatchObject({
      ok: false,
      error: { code: 'engine.away' },
    });
  });

  it('types the strip as one row', async () => {
    engine.rows('strip', [strip]);
    const { store } = client.watch('strip', {});
    await settle();
    const row: StripRow | undefined = store.getState().rows[0];
    expect(row?.server.queued).toBe(170);
  });
});
