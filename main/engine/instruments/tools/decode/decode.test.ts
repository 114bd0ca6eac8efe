import { describe, expect, it } from 'vitest';
import { builtinProfile } from '../../../../../shared/profiles/builtin.ts';
import { concatBytes, fromBinary, visible } from '../../../../../shared/protocols/astm/bytes.ts';
import { buildFrame, buildFrames } from '../../../../../shared/protocols/astm/frame.ts';
import { decodePasted } from './decode.ts';
import { readPasted } from './pasted.ts';

const options = { timeZone: 'Europe/Dublin', testName: (code: string) => (code === 'NA' ? 'Sodium' : '') };
const text = fromBinary(
  'H|\\^&|||DC-800^1|||||||P|1|20260729064205\rP|1\rO|1|26210T10001A||^^^Na\rR|1|^^^Na|140|mmol/L||N||F\rL|1|N\r',
);
const session = concatBytes([Uint8Array.of(5), ...buildFrames(text), Uint8Array.of(4)]);
const hexPairs = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));

describe('reading what was pasted', () => {
  const bytes = fromBinary('\x05\x021H|\\^&\r\x03A5\r\n');
  const pairs = hexPairs(bytes);
  const dump = (width: number) =>
    Array.from({ length: Math.ceil(pairs.length / width) }, (_, i) => {
      const row = pairs.slice(i * width, (i + 1) * width);
      const shown = row.map((pair) =>
        pair >= '20' && pair < '7f' ? String.fromCharCode(Number.parseInt(pair, 16)) : '.',
      );
      return { offset: (i * width).toString(16).padStart(8, '0'), row, shown: shown.join('') };
    });

  it.each([
    ['pairs with spaces', pairs.join(' ')],
    ['one run of digits', pairs.join('')],
    ['upper case with hyphens', pairs.join('-').toUpperCase()],
    ['0x and commas', pairs.map((pair) => `0x${pair}`).join(', ')],
    [
      'hexdump -C',
      dump(16)
        .map(
          ({ offset, row, shown }) =>
            `${offset}  ${row.slice(0, 8).join(' ')}  ${row.slice(8).join(' ')}  |${shown}|`,
        )
        .join('\n'),
    ],
    [
      'xxd',
      dump(16)
        .map(
          ({ offset, row, shown }) =>
            `${offset}: ${row
              .join('')
              .match(/.{1,4}/g)
              ?.join(' ')}  ${shown}`,
        )
        .join('\n'),
    ],
    [
      'offsets with an h',
      dump(8)
        .map(({ offset, row, shown }) => `${offset.slice(-4)}h ${row.join(' ')}   ${shown}`)
        .join('\r\n'),
    ],
  ])('hex: %s', (_what, pasted) => {
    const read = readPasted(pasted);
    expect(read.form).toBe('hex');
    expect(visible(read.bytes)).toBe(visible(bytes));
  });

  it('control characters by name, in brackets of any kind, and as pictures', () => {
    expect(visible(readPasted('<ENQ>[STX]1H|\\^&<CR>{ETX}A5<CR><LF>').bytes)).toBe(visible(bytes));
    expect(visible(readPasted('<enq>\n<0x02>1H|\\^&<0D>\n<ETX>A5<CR>\n<LF>').bytes)).toBe(visible(bytes));
    expect(visible(readPasted('␅␂1H|\\^&␍␃A5␍␊').bytes)).toBe(visible(bytes));
  });

  it('escapes, and the delimiters of ASTM are none', () => {
    expect(visible(readPasted('\\x05\\x021H|\\^&\\r\\x03A5\\r\\n').bytes)).toBe(visible(bytes));
    expect(readPasted('H|\\^&|||x\nL|1|N').form).toBe('plain');
  });

  it('plain text keeps every character and says that line breaks end records', () => {
    expect(readPasted('H|\\^&\nL|1|N\n')).toMatchObject({
      form: 'plain',
      bytes: fromBinary('H|\\^&\rL|1|N\r'),
    });
    expect(readPasted('H|\\^&\nL|1|N\n').notes).toHaveLength(1);
    expect(readPasted('MSH|^~\\&|<x>').form).toBe('plain');
    expect(readPasted('名|1').bytes).toEqual(new TextEncoder().encode('名|1'));
  });

  it('numbers alone are not offsets', () => {
    expect(visible(readPasted('0501 0502').bytes)).toBe(
      '<05><01><05><02>'
        .replace('<05>', '<ENQ>')
        .replace('<01>', '<SOH>')
        .replace('<05>', '<ENQ>')
        .replace('<02>', '<STX>'),
    );
  });
});

describe('taking ASTM apart', () => {
  const decode = (bytes: Uint8Array, profile = builtinProfile('demo-chemistry')!) =>
    decodePasted(hexPairs(bytes).join(' '), 'auto', profile, options);

  it('L1 L2 L3 names control characters, frames with their checksums, records and their fields', () => {
    const row = decode(session);
    expect(row.protocol).toBe('astm');
    expect(row.pieces.map((piece) => piece.title)).toEqual([
      'ENQ',
      'frame 1',
      'H',
      'frame 2',
      'P 1',
      'frame 3',
      'O 1',
      'frame 4',
      'R 1',
      'frame 5',
      'L 1',
      'EOT',
    ]);
    expect(row.pieces.flatMap((piece) => piece.problems)).toEqual([]);
    expect(
      row.pieces.filter((piece) => piece.frame !== null).every((piece) => piece.frame?.checksum === 'right'),
    ).toBe(true);
    const result = row.pieces.find((piece) => piece.title === 'R 1');
    expect(result?.fields.map(({ number, name, value }) => `${number} ${name}=${value}`)).toEqual([
      '1 Record type=R',
      '2 Sequence=1',
      '3 Test id=^^^Na',
      '4 Value=140',
      '5 Unit=mmol/L',
      '7 Flags=N',
      '9 Status=F',
    ]);
    expect(row.preview?.results).toMatchObject([
      { specimen: '26210T10001A', testCode: 'NA', testName: 'Sodium', value: '140', status: 'final' },
    ]);
    const [found] = row.preview?.results ?? [];
    expect(row.preview?.raw.slice(found!.from, found!.to)).toBe('R|1|^^^Na|140|mmol/L||N||F');
  });

  it('every byte is in one piece, and pieces stand where they came', () => {
    const row = decode(concatBytes([fromBinary('noise'), session, fromBinary('\r\n\x06')]));
    const outer = row.pieces.filter((piece) => piece.kind !== 'record');
    expect(outer.map((piece) => piece.text).join('')).toBe(row.bytes);
    let at = 0;
    for (const piece of outer) {
      expect(piece.from).toBe(at);
      expect(row.bytes.slice(piece.from, piece.to)).toBe(piece.text);
      at = piece.to;
    }
  });

  it('L3 a wrong checksum is shown with the right one, and what is in the frame is not read', () => {
    const bad = Uint8Array.from(session);
    const at = bad.findIndex((byte, i) => byte === 0x31 && bad[i + 1] === 0x34 && bad[i + 2] === 0x30);
    bad[at] = 0x32;
    const row = decode(bad);
    const frame = row.pieces.find((piece) => piece.title === 'frame 4')!;
    expect(frame.frame?.checksum).toBe('wrong');
    expect(frame.frame?.computed).not.toBe(frame.frame?.given);
    expect(frame.problems[0]).toContain('L3');
    expect(row.preview?.results).toEqual([]);
  });

  it('L12 a repeated frame counts once; L2 a wrong number and L16 a forbidden byte are named', () => {
    const one = buildFrame(1, fromBinary('H|\\^&\r'), true);
    const row = decode(concatBytes([Uint8Array.of(5), one, one, buildFrame(3, fromBinary('L|1|N\r'), true)]));
    expect(row.pieces.map((piece) => piece.problems.map((text) => text.slice(0, 3)))).toEqual([
      [],
      [],
      [],
      ['L12'],
      ['L2:'],
      [],
    ]);
    const odd = decode(fromBinary('\x05\x021H|\x11x\r\x03FF\r\n'));
    expect(odd.pieces[1]?.problems.join(' ')).toMatch(/L3.*L16.*DC1/);
  });

  it('L17 a record that spans frames is one record', () => {
    const frames = buildFrames(text, 20, 'message');
    const row = decode(concatBytes([Uint8Array.of(5), ...frames, Uint8Array.of(4)]));
    const records = row.pieces.filter((piece) => piece.kind === 'record');
    expect(records.map((piece) => piece.title)).toEqual(['H', 'P 1', 'O 1', 'R 1', 'L 1']);
    expect(records.every((piece) => piece.fields.length > 0)).toBe(true);
  });

  it('R1 records before a header cannot be read, and broken ends never throw', () => {
    expect(decodePasted('R|1|^^^Na|1', 'astm', null, options).pieces[0]?.problems[0]).toContain('R1');
    for (let cut = 0; cut < session.length; cut += 3) {
      expect(() => decode(session.subarray(0, Math.max(2, cut)))).not.toThrow();
    }
  });
});

describe('taking HL7 apart', () => {
  const message =
    'MSH|^~\\&|X|Y|||20260729064205||ORU^R01|7|P|2.5.1\rOBR|1||S1\rOBX|1|NM|Na||140|mmol/L|||||F\r';

  it('M1 blocks, segments and fields by name, MSH-1 being the separator', () => {
    const row = decodePasted(`<VT>${message.replaceAll('\r', '<CR>')}<FS><CR>`, 'auto', null, options);
    expect(row.protocol).toBe('hl7');
    expect(row.pieces.map((piece) => piece.title)).toEqual(['block', 'MSH', 'OBR 1', 'OBX 1']);
    const field = (title: string, number: number) =>
      row.pieces.find((piece) => piece.title === title)?.fields.find((one) => one.number === number);
    expect(field('MSH', 9)).toEqual({ number: 9, name: 'Message type', value: 'ORU^R01' });
    expect(field('OBX 1', 5)).toEqual({ number: 5, name: 'Value', value: '140' });
    expect(row.problems).toEqual([]);
  });

  it('M1 a block without its end and bytes outside are named', () => {
    const row = decodePasted('xx<VT>MSH|^~\\&|X<CR>', 'auto', null, options);
    expect(row.pieces.flatMap((piece) => piece.problems).map((one) => one.slice(0, 2))).toEqual(['M1', 'M1']);
  });
});
