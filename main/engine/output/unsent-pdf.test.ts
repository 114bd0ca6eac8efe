import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type UnsentFacts, type UnsentGroup, type UnsentRecord, unsentPdf } from './unsent-pdf.ts';

const folder = mkdtempSync(join(tmpdir(), 'levey-unsent-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const facts: UnsentFacts = {
  laboratory: { name: 'St Brigid’s Hospital', address: 'Main Street, Kildare' },
  station: 'Bench 2, station B2',
  server: 'fhir.stbrigids.example',
  line: 'Offline since 2026-11-22 06:12. Last complete sync 2026-11-22 06:12. Everything is kept on this station and goes up by itself.',
  zone: 'Europe/Dublin',
  createdAt: '2026-11-22T08:14:00.000Z',
  madeAt: '2026-11-22 08:14',
  madeBy: 'M. Lindqvist',
};

const record = (n: number, more: Partial<UnsentRecord> = {}): UnsentRecord => ({
  accession: `26-326-${String(n).padStart(4, '0')} 11I`,
  patient: 'ΠΑΠΑΔΟΠΟΥΛΟΥ Ελένη, 51209934',
  what: `Potassium ${(3.5 + n / 100).toFixed(2)}`,
  since: '2026-11-22 06:41',
  state: 'waits',
  why: '',
  ...more,
});

const group = (title: string, records: UnsentRecord[]): UnsentGroup => ({
  title,
  waits: records.filter((one) => one.state === 'waits').length,
  refused: records.filter((one) => one.state === 'refused').length,
  undecided: records.filter((one) => one.state === 'to be decided').length,
  kept: records.filter((one) => one.state === 'kept here').length,
  oldest: records.length === 0 ? '' : '2026-11-22 06:12',
  records,
});

const groups: UnsentGroup[] = [
  group('Signed reports', [
    record(1, { accession: '', what: 'REQ-26-0117, version 1', patient: 'כהן יעל, 40012' }),
  ]),
  group('Results', [
    record(388, {
      state: 'refused',
      why: 'Unit umol/l is not UCUM (Observation.valueQuantity.code); the value set is http://unitsofmeasure.org',
    }),
    ...Array.from({ length: 1_162 }, (_, n) => record(n + 2)),
  ]),
  group('Specimens', [
    record(12, {
      what: 'Serum',
      state: 'kept here',
      why: 'Deleted at the server (2026-11-21 17:05); kept here by a person’s decision',
    }),
  ]),
  group('Orders', []),
  group('Patients', [
    record(9, { accession: '', what: '51209934', state: 'to be decided', why: 'Both sides changed' }),
  ]),
];

function words(pdf: Uint8Array): string {
  const file = join(folder, 'unsent.pdf');
  writeFileSync(file, pdf);
  return execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
}

test('counts by kind, signed reports first, every record with what is known of it, on numbered pages', async () => {
  const pdf = await unsentPdf(groups, facts);
  const text = words(pdf);
  expect(text).toContain('What the server has not got');
  expect(text).toMatch(/Bench 2, station B2\. Server fhir\.stbrigids\.example\./);
  expect(text).toMatch(/Results\s+1\s162\s+1\s+0\s+0\s+2026-11-22 06:12/u);
  expect(text).toMatch(/Specimens\s+0\s+0\s+0\s+1\s+2026-11-22 06:12/u);
  expect(text).toMatch(/Together 1\s166\s+1\s163\s+1\s+1\s+1/u);
  expect(text.indexOf('Signed reports: 1')).toBeLessThan(text.indexOf('Results: 1'));
  expect(text).toMatch(/REQ-26-0117, version 1/);
  expect(text.match(/Potassium/g)).toHaveLength(1_163);
  expect(text.replace(/\s+/g, ' ')).toMatch(/Unit umol\/l is not UCUM/);
  expect(text).toContain('Specimens: 1');
  expect(text.replace(/\s+/g, ' ')).toMatch(/Deleted at the server \(2026-11-21/);
  expect(text).not.toContain('Orders: ');
  const pages = text.match(/\d+ of (\d+)/g) ?? [];
  expect(pages.length).toBeGreaterThan(20);
  expect(pages[0]).toBe(`1 of ${pages.length}`);
  expect(text.match(/Specimen\s+Patient\s+Record\s+Changed\s+State\s+Why/g)).toHaveLength(pages.length + 3);
});

test('beyond what anybody reads on paper records are counted, and that is said', async () => {
  const many = [
    group(
      'Results',
      Array.from({ length: 3_010 }, (_, n) => record(n, { patient: 'DOYLE Eoin' })),
    ),
  ];
  const text = words(await unsentPdf(many, facts));
  expect(text).toContain('10 more are counted on the first page and not listed here.');
  expect(text.match(/Potassium/g)).toHaveLength(3_000);
  expect(text).toMatch(/Together 3\s010/u);
});

test('the same content gives the same bytes', async () => {
  const [one, two] = [await unsentPdf(groups, facts), await unsentPdf(groups, facts)];
  expect(Buffer.from(one).equals(Buffer.from(two))).toBe(true);
});

test('a server that has everything, and a station without one, are said in words', async () => {
  expect(words(await unsentPdf([], facts))).toContain('Nothing. The server has everything.');
  const none = words(await unsentPdf([], { ...facts, server: '' }));
  expect(none).toContain('What only this station has');
});
