import { expect, test } from 'vitest';
import {
  abilityIds,
  probeCodes,
  probeCodesOfAll,
  probeSteps,
  scopeCodes,
} from '../../../shared/ipc/server.ts';
import en from '../../i18n/en/server.ts';
import { draftOf, faultsOf, inputOf, isChanged, isOtherAddress } from './draft.ts';
import { apartText, verdictOf } from './words.ts';

const row = {
  id: 'server',
  url: 'https://fhir.example.org/R4',
  auth: { kind: 'basic' as const, user: 'bench', clientId: '', tokenUrl: '', scope: '', keyId: '' },
  hasSecret: true,
  ca: null,
  pullSeconds: 15,
  historyDays: 90,
  sections: ['CH', 'HM'],
  websocket: true,
  file: '/etc/levey/station.json',
  linked: true,
  waiting: 3,
};

/** Steps that passed or were left out say nothing to do. */
const fine: ReadonlySet<string> = new Set([
  ...[
    'address.ok',
    'address.here',
    'name.ok',
    'name.isAddress',
    'connect.ok',
    'tls.ok',
    'tls.none',
    'fhir.ok',
  ],
  ...[
    'fhir.locked',
    'auth.none',
    'auth.ok',
    'auth.token',
    'scope.ok',
    'scope.stated',
    'can.ok',
    'can.instead',
  ],
  ...['clock.ok', 'clock.notTold', 'write.ok', 'write.notAsked'],
]);

test('every outcome of every step says what it means, and what to do where something is to be done', () => {
  const steps: Record<string, Record<string, unknown>> = en.steps;
  const said = (step: string, code: string) => (steps[step]?.[code] ?? {}) as { means?: string; do?: string };
  for (const step of probeSteps) {
    for (const code of probeCodes[step]) {
      const name = `${step}.${code}`;
      expect(said(step, code).means, name).toMatch(/\S/);
      if (fine.has(name)) expect(said(step, code).do, name).toBeUndefined();
      else expect(said(step, code).do, name).toMatch(/\S/);
    }
  }
  for (const code of probeCodesOfAll) expect(said('all', code).do, code).toMatch(/\S/);
  expect(Object.keys(en.kinds).sort()).toEqual([...scopeCodes].sort());
  expect(Object.keys(en.abilities).sort()).toEqual([...abilityIds].sort());
});

test('the form says what is wrong, keeps a secret that is not typed, and gives what the engine takes', () => {
  const draft = draftOf(row);
  expect(isChanged(draft, row)).toBe(false);
  expect(faultsOf(draft, row)).toEqual({});
  expect(inputOf(draft, row).auth).toEqual({ kind: 'basic', user: 'bench', secret: null });
  const other = { ...draft, kind: 'clientCredentials' as const, url: 'fhir', historyDays: '0' };
  expect(faultsOf(other, row)).toEqual({
    url: 'url',
    historyDays: 'days',
    secret: 'required',
    clientId: 'required',
    tokenUrl: 'tokenUrl',
  });
  expect(isOtherAddress({ ...draft, url: `${row.url}/` }, row)).toBe(false);
  expect(inputOf({ ...draft, sections: 'CH, , MB' }, row).sections).toEqual(['CH', 'MB']);
});

test('a test is as good as its worst step', () => {
  const step = (id: (typeof probeSteps)[number], state: 'passed' | 'noted' | 'failed' | 'running') => ({
    id,
    state,
    code: 'ok' as const,
    values: {},
    words: '',
    items: [],
  });
  expect(verdictOf([]).state).toBe('none');
  expect(verdictOf([step('address', 'passed'), step('tls', 'noted')]).state).toBe('noted');
  expect(verdictOf([step('tls', 'noted'), step('auth', 'failed')])).toMatchObject({
    state: 'failed',
    at: { id: 'auth' },
  });
  expect(verdictOf([step('tls', 'failed'), step('auth', 'running')]).state).toBe('running');
  expect(apartText(18_000)).toBe('5 h 0 min');
});
