import { describe, expect, it } from 'vitest';
import { brief, COLUMNS, csvProfile, read } from './layout-fixture.ts';

const line = (...cells: string[]) => cells.join(',');
const good = line('A1', 'NA', '140', 'mmol/L', 'H', 'F', '2026-07-29 06:42:05', 'kim');
const plain = (specimen: string, test: string, value: string) =>
  line(specimen, test, value, '', '', '', '', '');
const file = (...lines: string[]) => `${[COLUMNS, ...lines].join('\r\n')}\r\n`;

describe('delimited files', () => {
  it('reads a result with everything it says', () => {
    const [result] = read(file(good)).results;
    expect(result).toMatchObject({
      specimenId: 'A1',
      testCode: 'NA',
      loinc: '2951-2',
      value: { text: '140', number: 140, unit: 'mmol/L' },
      flags: [{ code: 'H', meaning: { interpretation: 'H' } }],
      status: 'final',
      operator: 'kim',
      completedAt: { local: '2026-07-29T06:42:05', instant: '2026-07-29T06:42:05.000Z' },
      isQc: false,
      problems: [],
      records: { result: 1 },
    });
  });

  it.each([
    ['CRLF', '\r\n'],
    ['LF', '\n'],
    ['CR', '\r'],
  ])('takes lines ended by %s', (_, end) => {
    const text = [COLUMNS, good, plain('A2', 'K', '4.1'), ''].join(end);
    expect(brief(read(text))).toEqual(['A1 NA 140 mmol/L final', 'A2 K 4.1 mmol/L final']);
  });

  it('takes quoted cells with separators, doubled quotes and line breaks, and counts lines on', () => {
    const text = file(
      '"A,1","NA","140","","","","","O\'Neil, ""Kim""\r\nnight shift"',
      plain('A2', 'XX', '1'),
    );
    const { results } = read(text);
    expect(results[0]).toMatchObject({ specimenId: 'A,1', operator: 'O\'Neil, "Kim"\r\nnight shift' });
    expect(results[1]?.problems[0]?.text).toBe('Line 4: The profile does not know the test "XX".');
  });

  it('takes the separator by which the header names its columns, with a decimal comma behind it', () => {
    const cells = [COLUMNS, 'A1,K,4#1,mmol/L,,,,', 'A2,NA,"140",mmol/L,,,,"kim, night"'].join('\r\n');
    const profile = csvProfile({ skip: ['#', 'sep='] });
    for (const [separator, first] of [
      [';', ''],
      [';', 'sep=;\r\n'],
      ['\t', '# made by Excel\r\n\r\n'],
      ['|', ''],
    ] as const) {
      const text = cells.replace(/,(?! night)/g, separator).replace('#', ',');
      const found = read(`${first}${text}\r\n`, profile);
      expect([separator, ...brief(found)]).toEqual([
        separator,
        'A1 K 4,1 mmol/L final',
        'A2 NA 140 mmol/L final',
      ]);
      expect(found.results.map((one) => one.value.number)).toEqual([4.1, 140]);
    }
    // A header that fits with none is held as before.
    expect(read('specimen;test\r\nA1;K\r\n').problems[0]?.text).toBe('The header has no column "specimen".');
  });

  it('takes another separator, no quotes, and columns by number', () => {
    const profile = csvProfile({
      header: false,
      separator: '\t',
      quote: '',
      columns: 3,
      fields: [
        { name: 'specimen', role: 'specimen', column: 3 },
        { name: 'test', role: 'test', column: 1 },
        { name: 'value', role: 'value', column: 2 },
      ],
    });
    expect(brief(read('NA\t"140"\tA1\nK\t4.1\tA2\n', profile))).toEqual([
      'A1 NA "140" mmol/L final',
      'A2 K 4.1 mmol/L final',
    ]);
  });

  it.each([
    ['UTF-8', '\xef\xbb\xbf'],
    ['none', ''],
  ])('takes a file with the byte order mark %s', (_, mark) => {
    expect(brief(read(mark + file(good)))).toEqual(['A1 NA 140 mmol/L final']);
  });

  it('takes UTF-16 of both orders', () => {
    const units = [...file(good)].map((character) => character.charCodeAt(0));
    const little = units.map((unit) => String.fromCharCode(unit & 0xff, unit >> 8)).join('');
    const big = units.map((unit) => String.fromCharCode(unit >> 8, unit & 0xff)).join('');
    expect(brief(read(`\xff\xfe${little}`))).toEqual(['A1 NA 140 mmol/L final']);
    expect(brief(read(`\xfe\xff${big}`))).toEqual(['A1 NA 140 mmol/L final']);
    expect(read(`\xff\xfe${little}x`).problems).toMatchObject([{ code: 'unparsable' }]);
  });

  it('takes a file that ends with the mark of old systems', () => {
    expect(brief(read(`${file(good)}\x1a`))).toEqual(['A1 NA 140 mmol/L final']);
  });

  it('finds columns by title in any order and case, and leaves others alone', () => {
    const text = 'Value,Patient name,TEST,specimen,unit,flag,status,measured,operator\n5.4,Kim,GLU,A1,,,,,\n';
    expect(brief(read(text))).toEqual(['A1 GLU 5.4 mmol/L final']);
  });

  it.each([
    ['specimen,test,unit,flag,status,measured,operator', 'The header has no column "value".'],
    [`${COLUMNS},Value`, 'The header names the column "Value" twice.'],
    [`"${COLUMNS}`, 'The header does not fit: A quote is not closed.'],
  ])('does not read a file with the header %s', (header, text) => {
    expect(read(`${header}\nA1,NA,140,,,,,\n`)).toMatchObject({
      results: [],
      problems: [{ code: 'unparsable', severity: 'hold', text }],
    });
  });

  it('holds a line that does not fit with its number, and goes on with the others', () => {
    const { results, problems } = read(
      file(plain('A1', 'NA', '140'), 'A2,K,4,1,,,,,', '', 'A3,GLU', '"A4"x,NA,1,,,,,', '"open,NA', good),
    );
    expect(problems).toEqual([]);
    expect(brief({ results })).toEqual([
      'A1 NA 140 mmol/L final',
      '- - A2,K,4,1,,,,, - - ! structure',
      '- - A3,GLU - - ! structure',
      '- - "A4"x,NA,1,,,,, - - ! structure',
      '- - "open,NA - - ! structure',
      'A1 NA 140 mmol/L final',
    ]);
    expect(results.flatMap((result) => result.problems.map((problem) => problem.text))).toEqual([
      'Line 3: It has 9 columns and not 8.',
      'Line 5: It has 2 columns and not 8.',
      'Line 6: Text follows a closing quote.',
      'Line 7: A quote is not closed.',
    ]);
  });

  it('R11 never makes zero of an empty value', () => {
    expect(brief(read(file(plain('A1', 'NA', ''), plain('A1', 'K', '" "'))))).toEqual([
      'A1 NA - mmol/L final ! emptyValue',
      'A1 K - mmol/L final ! emptyValue',
    ]);
  });

  it('R11 takes a cancelled result without a value for cancelled, not for zero', () => {
    const [result] = read(file(line('A1', 'NA', '\t', '', '', 'X', '', ''))).results;
    expect(result).toMatchObject({ status: 'cancelled', value: { kind: 'empty' }, problems: [] });
    expect(result?.value.number).toBeUndefined();
  });

  it('R12 keeps values as sent: decimal comma, comparator, marks', () => {
    const values = ['"5,4"', '5.40', '>500', '<0.1', '-----', '"1,234"', '007'];
    const { results } = read(file(...values.map((value) => plain('A1', 'GLU', value))), csvProfile());
    expect(results.map(({ value }) => [value.text, value.kind, value.number ?? null])).toEqual([
      ['5,4', 'quantity', 5.4],
      ['5.40', 'quantity', 5.4],
      ['>500', 'quantity', 500],
      ['<0.1', 'quantity', 0.1],
      ['-----', 'string', null],
      ['1,234', 'string', null],
      ['007', 'quantity', 7],
    ]);
    const decimal = read(file(plain('A1', 'GLU', '"1,234"')), csvProfile({ comma: 'decimal' }));
    expect(decimal.results[0]?.value.number).toBe(1.234);
  });

  it('holds what it cannot map: test, status, unit, specimen', () => {
    expect(
      brief(
        read(
          file(
            line('A1', 'XX', '1', '', '', '', '', ''),
            line('A1', 'NA', '140', 'mg/dL', '', '', '', ''),
            line('A1', 'NA', '140', '', '', 'Z', '', ''),
            line('', 'NA', '140', '', '', '', '', ''),
          ),
        ),
      ),
    ).toEqual([
      'A1 XX 1 - final ! unknownTest',
      'A1 NA 140 mg/dL final ! unitMismatch',
      'A1 NA 140 mmol/L - ! unmappedStatus',
      '- NA 140 mmol/L final ! noSpecimen',
    ]);
  });

  it('lets verification hold an unknown flag or time', () => {
    const { results } = read(file(line('A1', 'NA', '140', '', 'H;?', '', '31.02.2026', '')));
    expect(results[0]?.flags.map((flag) => flag.code)).toEqual(['H', '?']);
    expect(results[0]?.problems.map((problem) => [problem.code, problem.severity])).toEqual([
      ['badTime', 'notice'],
      ['unmappedFlag', 'notice'],
    ]);
  });

  it('does not believe the end of a file that may have been cut', () => {
    const cut = `${COLUMNS}\nA1,NA,14`;
    expect(brief(read(cut))).toEqual(['- - A1,NA,14 - - ! structure']);
    const valueLast = csvProfile({
      header: false,
      columns: 3,
      fields: ['specimen', 'test', 'value'].map((name, at) => ({ name, role: name, column: at + 1 })),
    });
    expect(brief(read('A1,NA,140\nA1,K,4.', valueLast))).toEqual([
      'A1 NA 140 mmol/L final',
      'A1 K 4. mmol/L final ! incomplete',
    ]);
    // Whatever is missing at the end of the operator's name changes no result.
    expect(brief(read(`${COLUMNS}\n${good}`))).toEqual(['A1 NA 140 mmol/L final']);
  });

  it('tells controls by the beginning of the specimen and by places', () => {
    const profile = csvProfile(
      { fields: [...csvProfile().dialect.fields, { name: 'type', column: 'type' }] },
      {
        qc: {
          processing: [],
          actionCodes: [],
          specimenPrefixes: ['QC'],
          places: [{ place: 'type', values: ['control'] }],
        },
      },
    );
    const text = `${COLUMNS},type\n${plain('QC-L1', 'NA', '140')},\n${plain('B7', 'NA', '140')},control\n${plain('A1', 'NA', '140')},patient\n`;
    expect(read(text, profile).results.map((result) => result.isQc)).toEqual([true, true, false]);
  });

  it('reads one column per test', () => {
    const profile = csvProfile({
      shape: 'wide',
      fields: [
        { name: 'specimen', role: 'specimen', column: 'ID' },
        { name: 'time', role: 'measured', column: 'Time', optional: true },
      ],
    });
    const text = 'ID,NA,K (mmol/L),GLU [mg/dL],TEMP,XX\nA1,140,4.1,,37,\nA2,,,5.4,37,1\n';
    expect(brief(read(text, profile))).toEqual([
      'A1 NA 140 mmol/L final',
      'A1 K 4.1 mmol/L final',
      'A2 GLU 5.4 mg/dL final ! unitMismatch',
      'A2 XX 1 - final ! unknownTest',
    ]);
  });

  it('reads groups of columns', () => {
    const profile = csvProfile({
      header: false,
      fields: [{ name: 'specimen', role: 'specimen', column: 1 }],
      repeat: {
        at: 2,
        size: 2,
        fields: [
          { name: 'test', role: 'test', column: 1 },
          { name: 'value', role: 'value', column: 2 },
        ],
      },
    });
    expect(brief(read('A1,NA,140,K,4.1\nA2,NA,139,,\nA3,NA\n', profile))).toEqual([
      'A1 NA 140 mmol/L final',
      'A1 K 4.1 mmol/L final',
      'A2 NA 139 mmol/L final',
      '- - A3,NA - - ! structure',
    ]);
  });

  it('takes what is no result out, counts it, and makes flags of remarks', () => {
    const found = read(
      file(
        plain('A1', 'NA', '140'),
        plain('A1', 'TEMP', '37'),
        plain('A1', 'CLOT', 'yes'),
        plain('A2', 'CLOT', 'no'),
      ),
    );
    expect(brief(found)).toEqual(['A1 NA 140 mmol/L final']);
    expect(found.leftOut).toBe(3);
    expect(found.results[0]?.flags).toMatchObject([{ code: 'CLOT', meaning: { hold: true } }]);
  });

  it('numbers replicates of one time, so that a list that grows stays the same', () => {
    const at = (value: string, time: string) => line('A1', 'NA', value, '', '', '', time, '');
    const { results } = read(
      file(
        at('140', '2026-07-29 06:00:00'),
        at('141', '2026-07-29 06:00:00'),
        at('142', '2026-07-29 07:00:00'),
      ),
    );
    expect(results.map((result) => result.replicate)).toEqual([1, 2, 1]);
  });

  it('does not read what is no text, and says so once for a file of which no line fits', () => {
    expect(read('').problems[0]?.text).toBe('The file is empty.');
    expect(read('\r\n \r\n').problems[0]?.code).toBe('unparsable');
    expect(read(`PK\x03\x04\x14\x00${'x'.repeat(50)}`).problems[0]?.text).toBe(
      'The file is not a text file.',
    );
    const other = Array.from({ length: 5_000 }, (_, at) => `${at};x`);
    const { results, problems } = read(file(...other));
    expect(results).toEqual([]);
    expect(problems[0]?.text).toContain('None of the 5000 lines fits the profile. Line 2:');
    expect(read(file()).problems).toEqual([]);
  });

  it('holds text that is not of its character set', () => {
    expect(brief(read(file(plain('A\x811', 'NA', '140'))))).toEqual([
      'A\ufffd1 NA 140 mmol/L final ! structure',
    ]);
    expect(brief(read(file(line('A1', 'NA', '140', '', '', '', '', 'J\xfcrgen'))))).toEqual([
      'A1 NA 140 mmol/L final',
    ]);
  });

  it('takes a file that is no UTF-8 for 8859/1, as programs of Windows write it, but not one that is cut in a character', () => {
    const tests = [
      { code: 'CREA', test: 'CREA', loinc: null, unit: 'umol/L' },
      { code: 'HIV', test: 'HIVAGAB', loinc: null, unit: null },
    ];
    const lines = (bytes: string) =>
      brief(read(bytes, csvProfile({}, { tests, notResults: [], remarks: [] }))).slice(0, 2);
    const text = file(
      line('A1', 'CREA', '80', 'µmol/L', '', '', '', ''),
      line('A2', 'HIV', 'négatif', '', '', '', '', ''),
    );
    const utf8 = Buffer.from(`${text}A3,CREA,80,µ`, 'utf8').toString('latin1');
    for (const bytes of [text, utf8, utf8.slice(0, -1)])
      expect(lines(bytes)).toEqual(['A1 CREA 80 umol/L final', 'A2 HIV négatif - final']);
  });

  it('stays linear with quotes that are never closed', () => {
    const lines = Array.from({ length: 40_000 }, (_, at) => `"A${at},NA,140`);
    expect(read(file(...lines)).problems[0]?.text).toContain('None of the');
  });
});
