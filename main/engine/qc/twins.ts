import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { Reader } from '../store/store.ts';
import { idsOf } from './analysers.ts';

/** What tells that two points are one measurement. */
export type Measured = Pick<
  ControlDoc,
  'instrumentId' | 'testCode' | 'material' | 'measuredTime' | 'effectiveTime' | 'value'
>;

/**
 * The same measurement, sent by an analyser to both stations that have it: same time, value and material. Counted twice it would make rules of
 * two in a row fire (W3). Undefined where there is none, where the analyser told no time, and where no other station has it.
 */
export async function twinOf(reader: Reader, point: Measured): Promise<ControlDoc | undefined> {
  const { instrumentId, testCode, measuredTime, effectiveTime } = point;
  if (measuredTime === '' || (await idsOf(reader, instrumentId)).length < 2) return undefined;
  const found = await reader.find('controls', {
    selector: {
      instrumentId: { $eq: instrumentId },
      testCode: { $eq: testCode },
      effectiveTime: { $eq: effectiveTime },
    },
  });
  return found.find(
    (one) => one.material === point.material && one.value.text.trim() === point.value.text.trim(),
  );
}
