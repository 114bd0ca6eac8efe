import { expect, test } from 'vitest';
import { Echoes } from './echoes.ts';

function notice(reference: string, versionId: string, more: Record<string, unknown> = {}): string {
  const [resourceType, id] = reference.split('/');
  const status = { resourceType: 'SubscriptionStatus', type: 'event-notification' };
  return JSON.stringify({
    resourceType: 'Bundle',
    entry: [
      { resource: { ...status, notificationEvent: [{ eventNumber: '1', focus: { reference } }] } },
      { resource: { resourceType, id, meta: { versionId }, ...more } },
    ],
  });
}

test('the version sent last is an echo, an earlier or a later one is news', () => {
  const echoes = new Echoes();
  echoes.sent('Observation', 'a', 'v1');
  echoes.sent('Observation', 'a', 'v2');
  expect(echoes.isIn(notice('Observation/a', 'v2'))).toBe(true);
  expect(echoes.isIn(notice('Observation/a', 'v1'))).toBe(false);
  expect(echoes.isIn(notice('Observation/a', 'v3'))).toBe(false);
  expect(echoes.isIn(notice('Specimen/a', 'v2'))).toBe(false);
  expect(echoes.has('Observation/a', 'v2')).toBe(true);
  expect(echoes.has('Observation/a', undefined)).toBe(false);
});

test('a notification that names two versions or no focus has to be read', () => {
  const echoes = new Echoes();
  echoes.sent('Observation', 'a', 'v1');
  const contained = [{ resourceType: 'Specimen', meta: { versionId: 'v9' } }];
  expect(echoes.isIn(notice('Observation/a', 'v1', { contained }))).toBe(false);
  expect(echoes.isIn('{"entry":[{"resource":{"id":"a","meta":{"versionId":"v1"}}}]}')).toBe(false);
});

test('a value that looks like a version is no version', () => {
  const echoes = new Echoes();
  echoes.sent('Observation', 'a', 'v1');
  expect(echoes.isIn(notice('Observation/a', 'v2', { valueString: '"versionId":"v1"' }))).toBe(false);
});

test('thousands of versions later an old one is no longer remembered, the newest are', () => {
  const echoes = new Echoes();
  for (let at = 0; at < 12_000; at++) echoes.sent('Observation', `o${at}`, 'v1');
  expect(echoes.has('Observation/o0', 'v1')).toBe(false);
  expect(echoes.has('Observation/o7500', 'v1')).toBe(true);
  expect(echoes.has('Observation/o11999', 'v1')).toBe(true);
});
