import { afterAll, beforeAll, expect, it } from 'vitest';
import { i18next, startI18n } from '../../i18n/index.ts';
import { healthText, heldWhy } from './columns.tsx';

const line = (waiting: number, untold: string[] = []) => ({
  health: 'connected with 10.20.4.11:5000',
  waiting,
  untold,
});

beforeAll(() => {
  globalThis.document ??= { documentElement: { lang: '' } } as unknown as Document;
  startI18n();
});
afterAll(() => i18next.changeLanguage('en'));

it('says how many messages wait before what the line does, so that the count is never cut off; a few are not worth a word', async () => {
  const t = i18next.getFixedT('en', 'instruments');
  expect(healthText(line(0), t)).toBe('connected with 10.20.4.11:5000');
  expect(healthText(line(19), t)).toBe('connected with 10.20.4.11:5000');
  expect(healthText(line(37), t)).toBe('37 messages to post, connected with 10.20.4.11:5000');
  expect(healthText(line(20_000), t)).toBe('20\u202f000 messages to post, connected with 10.20.4.11:5000');
  await i18next.changeLanguage('de');
  const de = i18next.getFixedT('de', 'instruments');
  expect(healthText(line(20_000), de)).toBe(
    '20\u202f000 Nachrichten zu buchen, verbunden mit 10.20.4.11:5000',
  );
});

it('names the tests that the analyser cannot be told', async () => {
  await i18next.changeLanguage('en');
  const t = i18next.getFixedT('en', 'instruments');
  expect(healthText(line(0, ['FT4', 'TSH']), t)).toBe(
    'connected with 10.20.4.11:5000, not ordered: FT4, TSH',
  );
  expect(healthText(line(0, ['CL', 'FT4', 'TSH']), t)).toBe(
    'connected with 10.20.4.11:5000, not ordered: CL, FT4 …',
  );
});

it('names why something is held by its code, and shows a code it does not know', () => {
  const de = i18next.getFixedT('de', 'instruments');
  expect(heldWhy({ reason: 'unknownSpecimen' }, de)).toBe('Unbekannte Probe');
  expect(heldWhy({ reason: 'newer' }, de)).toBe('newer');
});
