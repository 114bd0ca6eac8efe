// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { QcPointRow } from '../../../shared/ipc/qc.ts';
import { i18next, startI18n } from '../../i18n/index.ts';
import { saidOf } from './words.ts';

beforeEach(async () => {
  startI18n();
  await i18next.changeLanguage('en');
});
afterEach(async () => {
  await i18next.changeLanguage('en');
});

const flagged = { rule: 'flag', outcome: 'hold', text: 'The instrument flagged it: *.' };
const rejected = { rule: '1-3s', outcome: 'block', text: '1-3s: Level 1 at +3.40 SD.' };
const hit: QcPointRow['hits'][number] = { rule: '1-3s', action: 'reject', where: 'within', points: [] };

it('R10 says of a control what was odd about it, also where a rule fired, which is shown with its points', async () => {
  expect(saidOf({ hits: [], because: [flagged] })).toEqual([flagged.text]);
  expect(saidOf({ hits: [hit], because: [rejected, flagged] })).toEqual([flagged.text]);
  await i18next.changeLanguage('de');
  expect(saidOf({ hits: [], because: [flagged] })).toEqual(['Das Gerät gab ihm ein Flag: *.']);
});
