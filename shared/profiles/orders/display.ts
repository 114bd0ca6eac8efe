/**
 * The display lines of a DSR^Q03, as the chemistry analysers of Mindray's BS series number them (Host Interface Manual of the BS-200 and its
 * successors): DSP-1 is the line, DSP-3 its text. Lines 1 to 28 are about patient and specimen, from 29 on there is one per test.
 */
import { type OutSegment, outSegment } from '../../protocols/hl7/encode.ts';
import type { OrderForInstrument } from './order.ts';

const FIRST_TEST = 29;

/** All lines, those without text too: devices count them. A test is written with its empty components, as in the manual. */
export function displaySegments(order: OrderForInstrument, component: string): OutSegment[] {
  const { patient } = order;
  const birth = patient?.birthDate ?? '';
  const texts: Record<number, string> = {
    1: patient?.id ?? '',
    3: [patient?.givenName, patient?.familyName].filter(Boolean).join(' '),
    4: birth.length === 8 ? `${birth}000000` : '',
    5: { M: 'M', F: 'F', U: 'O', '': '' }[patient?.sex ?? ''],
    21: order.named ?? order.specimenId,
    23: order.collectedAt || order.receivedAt,
    24: order.priority === 'stat' ? 'Y' : 'N',
    26: specimenName(order.specimenType),
  };
  const about = Array.from({ length: FIRST_TEST - 1 }, (_, i) =>
    outSegment('DSP', { 1: i + 1, 3: texts[i + 1] ?? '' }),
  );
  const tests = [...new Set(order.tests.map((test) => test.code))].map((code, i) =>
    outSegment('DSP', {
      1: FIRST_TEST + i,
      3: /^[A-Za-z0-9 .-]+$/.test(code) ? { raw: code + component.repeat(3) } : code,
    }),
  );
  return [...about, ...tests];
}

/** Words of the manual for a specimen type of table 0487; another one is sent as it is. */
function specimenName(type: string): string {
  const names: Record<string, string> = {
    SER: 'serum',
    PLAS: 'plasma',
    PLA: 'plasma',
    UR: 'urine',
    CSF: 'CSF',
    BLD: 'whole blood',
    WB: 'whole blood',
  };
  return Object.hasOwn(names, type) ? (names[type] ?? type) : type;
}
