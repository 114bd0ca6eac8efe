import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReportContent, ReportRow, ReportSignature } from '../../../shared/reports/content.ts';
import { canonicalJson, contentHash, reportHash } from './content-hash.ts';
import { reportPdf } from './report-pdf.ts';

const run = promisify(execFile);

const row = (test: string, result: string, more: Partial<ReportRow> = {}): ReportRow => ({
  test,
  result,
  flag: '',
  unit: 'mmol/L',
  range: '3.5–5.1',
  previous: { result: '4.2', at: '12 Mar 2026' },
  comment: '',
  ...more,
});

const content: ReportContent = {
  laboratory: {
    name: 'St Brigid’s Hospital Laboratory',
    address: ['12 Quay Road', 'Eastport EP4 2LB'],
    director: 'Dr I. Sørensen',
  },
  title: 'Blood count with film',
  requisition: 'REQ-88120417',
  status: 'final',
  version: 1,
  replaces: null,
  createdAt: '2026-07-29T08:52:00.000Z',
  reported: '29 Jul 2026 08:52',
  patient: {
    name: 'ΠΑΠΑΔΟΠΟΥΛΟΥ Ελένη',
    transliteration: 'Papadopoulou, Eleni',
    id: '3381 0457',
    birthDate: '3 Feb 1960',
    age: '66 y',
    sex: 'female',
  },
  requester: 'Dr H. Lund',
  ward: 'Ward 2A, bed 14',
  priority: 'STAT',
  specimens: [
    {
      accession: '26-210-B2-0432-K',
      source: 'Venous blood, serum',
      collected: '29 Jul 2026 06:25',
      received: '29 Jul 2026 06:41',
      condition: 'haemolysed',
    },
  ],
  corrections: [],
  sections: [
    {
      title: 'Electrolytes',
      rows: [
        row('Potassium', '6.8', { flag: 'HH', comment: 'Called to Dr H. Lund at 06:49, read back.' }),
        row('Sodium', '139.40', { range: '136–145', previous: { result: '> 150', at: '11 Mar 2026' } }),
        row('Calcium', '< 0.5', { flag: 'L', unit: '10⁹/L', range: '' }),
        row('Base excess', '−4.2', { range: '−2.0–2.0', previous: null }),
        row('Lactate', '', {}),
      ],
    },
  ],
  comments: [{ title: 'Film', text: 'Platelet clumps in the EDTA film.' }],
  conclusion: 'Use citrate tubes for this patient.',
};

const sign = (of: ReportContent): ReportSignature => ({
  name: 'Dr Ingrid Sørensen',
  meaning: 'I approve this report',
  at: '29 Jul 2026 08:54 (Europe/Dublin)',
  contentHash: reportHash(of),
});

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'levey-reports-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** What an independent reader finds: text of each page, marks of direction taken out. */
async function read(pdf: Uint8Array): Promise<string[]> {
  const file = path.join(directory, 'report.pdf');
  await writeFile(file, pdf);
  const { stdout } = await run('pdftotext', ['-layout', file, '-'], { maxBuffer: 16 << 20 });
  return stdout
    .replace(/[\u202a-\u202e\u200e\u200f]/g, '')
    .split('\f')
    .slice(0, -1);
}

const flat = (text: string): string => text.replace(/\s+/g, ' ');

describe('report PDF', () => {
  it('C1 has every element a reader must find', async () => {
    const [page = '', ...others] = await read(reportPdf(content, sign(content)));
    expect(others).toEqual([]);
    const text = flat(page);
    const { laboratory, patient, specimens } = content;
    const wanted = [
      laboratory.name,
      ...laboratory.address,
      'Director Dr I. Sørensen',
      content.title,
      content.requisition,
      content.reported,
      patient.name,
      `(${patient.transliteration})`,
      patient.id,
      patient.birthDate,
      patient.age,
      patient.sex,
      content.requester,
      content.ward,
      content.priority,
      'Not acceptable: haemolysed',
      'Final report, version 1',
      ...specimens.flatMap((one) => [one.accession, one.source, one.collected, one.received]),
      'Called to Dr H. Lund at 06:49, read back.',
      'Film',
      'Platelet clumps in the EDTA film.',
      'Conclusion',
      content.conclusion,
      'Electronically signed by Dr Ingrid Sørensen',
      'Meaning: I approve this report',
      '29 Jul 2026 08:54 (Europe/Dublin)',
      reportHash(content),
      'Page 1 of 1',
    ];
    for (const words of wanted) expect(text).toContain(words);
  });

  it('C1 has each result in one line with its flag in words, unit, range and previous result', async () => {
    const [page = ''] = await read(reportPdf(content, sign(content)));
    const line = (start: string): string =>
      flat(page.split('\n').find((one) => one.trim().startsWith(start)) ?? '').trim();
    expect(line('Potassium')).toBe('Potassium 6.8 HH critical mmol/L 3.5–5.1 4.2 12 Mar 2026');
    expect(line('Sodium')).toMatch(/^Sodium 139\.40 mmol\/L 136–145 > 150 (12|11) Mar 2026$/);
    expect(line('Calcium')).toBe('Calcium < 0.5 L 10⁹/L no range 4.2 12 Mar 2026');
    expect(line('Base excess')).toBe('Base excess −4.2 mmol/L −2.0–2.0');
    expect(line('Lactate')).toBe('Lactate empty mmol/L 3.5–5.1 4.2 12 Mar 2026');
  });

  it.each([
    ['Hebrew', 'כהן יעל', 'Cohen, Yael'],
    ['Arabic', 'منصور فاطمة الزهراء', 'Mansour, Fatima'],
    ['Devanagari', 'शर्मा प्रिया क्षेत्रज्ञ', 'Sharma, Priya'],
    ['Japanese', '田中 由美子', 'Tanaka, Yumiko'],
    ['Thai', 'สมชาย ใจดี', 'Somchai Jaidee'],
    ['Cyrillic', 'ИВАНОВА Мария', 'Ivanova, Maria'],
    ['Vietnamese', 'NGUYỄN Thị Ánh Tuyết', ''],
    ['Polish', 'KOWALCZYK Łukasz', ''],
  ])('C1 a %s name is found by a reader as it was written', async (_, name, transliteration) => {
    const named = { ...content, patient: { ...content.patient, name, transliteration } };
    const [page = ''] = await read(reportPdf(named, sign(named)));
    expect(flat(page)).toContain(name);
    if (transliteration !== '') expect(page).toContain(transliteration);
  });

  it('C1 (k) a corrected report shows old and new value, both times, and which version it replaces', async () => {
    const corrected: ReportContent = {
      ...content,
      status: 'corrected',
      version: 2,
      replaces: { version: 1, reported: '29 Jul 2026 06:55' },
      corrections: [
        {
          test: 'Platelets',
          unit: '10⁹/L',
          old: { result: '38', flag: 'LL', reported: '29 Jul 2026 06:55', by: 'Dr P. Ahlgren' },
          now: { result: '164', flag: '', reported: '29 Jul 2026 08:52', by: 'E. Novak' },
          reason: 'platelet clumping',
        },
      ],
      sections: [{ title: 'Blood count', rows: [row('Platelets', '164', { corrected: true })] }],
    };
    const text = flat((await read(reportPdf(corrected, sign(corrected)))).join(' '));
    expect(text).toContain('Corrected report, version 2');
    expect(text).toContain('replaces version 1 of 29 Jul 2026 06:55');
    expect(text).toMatch(/Corrected: Platelets Old 38 LL critical → New 164 10⁹\/L/);
    expect(text).toContain(
      'Old: reported 29 Jul 2026 06:55 by Dr P. Ahlgren. New: reported 29 Jul 2026 08:52 by E. Novak.',
    );
    expect(text).toContain('Reason: platelet clumping');
    expect(text).toContain('Corrected value.');
  });

  it('breaks a long report between lines, repeats headings and identity on every page, and counts pages', async () => {
    const long: ReportContent = {
      ...content,
      patient: {
        ...content.patient,
        name: 'WOLFESCHLEGELSTEINHAUSENBERGERDORFF-MONTGOMERY Hubertus Maximilian Alexander',
      },
      sections: [
        {
          title: 'Everything',
          rows: Array.from({ length: 150 }, (_, at) => row(`Test ${at + 1}.`, String(at / 2))),
        },
      ],
      comments: [
        { title: 'Interpretation', text: 'The quick brown fox jumps over the lazy dog. '.repeat(150) },
      ],
    };
    const pages = await read(reportPdf(long, sign(long)));
    expect(pages.length).toBeGreaterThan(4);
    pages.forEach((page, index) => {
      expect(page).toContain(`Page ${index + 1} of ${pages.length}`);
      expect(page).toContain('3381 0457');
      expect(page).toContain('REQ-88120417');
      expect(page).toContain('WOLFESCHLEGELSTEINHAUSENBERGER');
      expect(page.includes('Result')).toBe(/Test \d+\./.test(page));
    });
    const all = pages.join('\n');
    for (let at = 1; at <= 150; at++)
      expect(all.split(new RegExp(`Test ${at}\\. `)).length - 1, `test ${at}`).toBe(1);
    expect(all.match(/The quick brown fox/g)?.length).toBeGreaterThan(100);
    expect(all).toContain('Everything, continued');
  });

  it('gives long results and comments in full: under the line, or as a paragraph when they would not fit a page', async () => {
    const words = (name: string, count: number): string =>
      Array.from({ length: count }, (_, at) => `${name}${at}`).join(' ');
    const rows = [
      row('Culture', words('growth', 40)),
      row('Smear', words('smear', 900), { comment: words('note', 900) }),
    ];
    const wordy = { ...content, sections: [{ title: 'Microbiology', rows }] };
    const pages = await read(reportPdf(wordy, sign(wordy)));
    const text = flat(pages.map((page) => page.split('\n').slice(4, -3).join('\n')).join('\n'));
    expect(text).toContain('Culture see below mmol/L');
    expect(text).toContain(words('growth', 40));
    for (const [name, count] of [
      ['smear', 900],
      ['note', 900],
    ] as const) {
      for (let at = 0; at < count; at++)
        expect(text.split(/[\s:]/).filter((word) => word === `${name}${at}`)).toHaveLength(1);
    }
  });

  it('says on every page that an unsigned report is a preview', async () => {
    const pages = await read(reportPdf(content, null));
    for (const page of pages) expect(page).toContain('Preview, not signed');
    expect(pages.join('')).toContain('Not signed. This is a preview and not a report.');
    expect(pages.join('')).not.toContain('Electronically signed');
  });

  it('C4 refuses a signature bound to another content', () => {
    const changed = { ...content, conclusion: 'Something else.' };
    expect(() => reportPdf(changed, sign(content))).toThrow(/another content/);
  });

  it('gives the same bytes for the same content, and others for another', () => {
    const first = Buffer.from(reportPdf(content, sign(content)));
    expect(Buffer.from(reportPdf(structuredClone(content), sign(content))).equals(first)).toBe(true);
    const other = { ...content, conclusion: 'Something else.' };
    expect(Buffer.from(reportPdf(other, sign(other))).equals(first)).toBe(false);
  });

  it('prints the Latin form when no font has the name, and nothing when there is none', async () => {
    const tibetan = { ...content, patient: { ...content.patient, name: 'བཀྲ་ཤིས', transliteration: 'Tashi' } };
    expect((await read(reportPdf(tibetan, null))).join('')).toContain('Tashi');
    const nameless = { ...tibetan, patient: { ...tibetan.patient, transliteration: '' } };
    expect(() => reportPdf(nameless, null)).toThrow(/No font/);
  });
});

describe('content hash (C4)', () => {
  it('does not depend on the order of keys and depends on everything else', () => {
    expect(contentHash({ a: 1, b: [1, 2] })).toBe(contentHash({ b: [1, 2], a: 1 }));
    expect(contentHash({ a: 1, b: [1, 2] })).not.toBe(contentHash({ a: 1, b: [2, 1] }));
    expect(contentHash({ a: '1' })).not.toBe(contentHash({ a: 1 }));
    expect(contentHash({ a: undefined, b: 1 })).toBe(contentHash({ b: 1 }));
  });

  it('is SHA-256 of canonical JSON', () => {
    expect(canonicalJson({ z: null, é: 'ü', a: [true, -0.5e-7] })).toBe(
      '{"a":[true,-5e-8],"z":null,"é":"ü"}',
    );
    expect(contentHash({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(TypeError);
    expect(() => canonicalJson([undefined])).toThrow(TypeError);
  });
});
