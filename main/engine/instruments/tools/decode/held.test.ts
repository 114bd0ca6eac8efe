import { describe, expect, it } from 'vitest';
import { decodeHeld } from './held.ts';

const header = 'H|\\^&|||DC-800|||||||P|1|20260729064205\r';

describe('a message that is held whole', () => {
  it('R1 tells the record in which the delimiters are not known, and names what stands before it', () => {
    const raw = `${header}P|1\r|||broken|\rL|1|N\r`;
    const { pieces, fault } = decodeHeld(raw, 'astm', 'It cannot be read.', false);
    expect(pieces.map(({ title }) => title)).toEqual(['H', 'P 1', '|', 'L 1']);
    expect(raw.slice(fault?.from, fault?.to)).toContain('|||broken|');
    expect(fault?.text).not.toBe('');
  });

  it('R1 shows records without a header with the usual delimiters, and says so', () => {
    const raw = 'X|\\^&|||DC-800\rP|1||4711||COHEN^Yael\rL|1|N\r';
    const { pieces, fault } = decodeHeld(raw, 'astm', 'No readable header record.', false);
    expect(fault?.from).toBe(0);
    expect(fault?.text).toContain('as if they were the usual ones');
    const patient = pieces.find((piece) => piece.title === 'P 1');
    expect(raw.slice(patient?.from, patient?.to)).toBe('P|1||4711||COHEN^Yael');
    expect(patient?.fields.find((field) => field.number === 6)?.value).toBe('COHEN^Yael');
    expect(pieces.filter(({ problems }) => problems.length > 0)).toHaveLength(1);
  });

  it('R11 says of a message that broke off where it ends', () => {
    const raw = `${header}P|1\rO|1|26`;
    const { fault, pieces } = decodeHeld(raw, 'astm', 'The message broke off.', true);
    expect(pieces).toHaveLength(3);
    expect(fault).toMatchObject({ from: raw.length, to: raw.length });
  });

  it('finds the line that an explanation names, the header, and the byte that is no text', () => {
    const file = 'specimen,test\r\n1,NA\r\n2,K,x\r\n';
    const line = decodeHeld(file, 'file', 'Line 3: It has 3 columns and not 2.', false).fault;
    expect(file.slice(line?.from, line?.to)).toContain('2,K,x');
    const head = decodeHeld(file, 'file', 'The header has no column "value".', false).fault;
    expect(file.slice(head?.from, head?.to)).toContain('specimen,test');
    const odd = decodeHeld('ab\0cd', 'file', 'The file is not a text file.', false).fault;
    expect(odd).toMatchObject({ from: 2, to: 3 });
  });

  it('M2 shows an HL7 message up to its end, and the place where it does not begin', () => {
    const raw = 'PID|1||4711\rOBX|1|NM|NA||140\r';
    const { pieces, fault } = decodeHeld(raw, 'hl7', 'There is no message.', false);
    expect(pieces.length).toBeGreaterThan(0);
    expect(fault?.from).toBe(0);
    const right = 'MSH|^~\\&|A|B|||1||ORU^R01|1|P|2.5.1\rOBX|1|NM|NA||140\r';
    expect(decodeHeld(right, 'hl7', 'Not for us.', false).fault).toBeNull();
  });

  it('shows the pieces around the fault of a very long file and says how many are left out', () => {
    const file = Array.from({ length: 2_000 }, (_, at) => `${at},NA\r\n`).join('');
    const { pieces, leftOut, fault } = decodeHeld(file, 'file', 'Line 1500: wrong', false);
    expect(pieces.length + leftOut).toBe(2_000);
    expect(pieces.length).toBeLessThan(300);
    expect(pieces.some((piece) => piece.from === fault?.from)).toBe(true);
  });
});
