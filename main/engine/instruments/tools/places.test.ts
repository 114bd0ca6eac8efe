import { describe, expect, it } from 'vitest';
import { placesOf } from './places.ts';

const texts = (raw: string, protocol: 'astm' | 'hl7' | 'file') => {
  const places = placesOf(raw, protocol);
  return (message: number, record: number | null) => {
    const { from, to } = places(message, record);
    return raw.slice(from, to);
  };
};

describe('where records stand', () => {
  it('R1 ASTM records of each message, a stray LF behind CR left out', () => {
    const at = texts('H|1\r\nP|1\rL|1\rH|2\rR|1\r', 'astm');
    expect([at(0, 0), at(0, 1), at(0, 2), at(1, 1)]).toEqual(['H|1', 'P|1', 'L|1', 'R|1']);
    expect([at(0, 3), at(2, 0), at(0, null)]).toEqual(['', '', '']);
  });

  it('M1 HL7 segments of each message; what is around messages is not counted', () => {
    const at = texts('noise\rFHS|x\rBHS|x\rMSH|1\r\nOBX|1\rMSH|2\nOBX|2\rBTS|2\rFTS|1\r', 'hl7');
    expect([at(0, 0), at(0, 1), at(1, 0), at(1, 1), at(1, 2)]).toEqual([
      'MSH|1',
      'OBX|1',
      'MSH|2',
      'OBX|2',
      '',
    ]);
  });

  it('lines of a file, empty ones counted', () => {
    const at = texts('a,b\n\nS1,NA\r\nS2,K', 'file');
    expect([at(0, 0), at(0, 1), at(0, 2), at(0, 3)]).toEqual(['a,b', '', 'S1,NA', 'S2,K']);
  });
});
