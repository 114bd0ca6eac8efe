import type { CodeableConcept, Extension, Observation, Quantity } from 'fhir/r4';
import type { ResultValue } from '../documents/result.ts';
import { decimalText } from './numbers.ts';
import { codeOf, concept, fieldsOf, fieldText, oneOf, wordsOf } from './parts.ts';
import { SYSTEM } from './systems.ts';

/** Extension that keeps a value as it was sent (R12): `5.40`, `>500`, `0,7`. */
export const ORIGINAL_TEXT = 'original-text';

/** The elements of an Observation that hold a value. */
export interface ValueParts {
  valueQuantity?: Quantity;
  valueString?: string;
  dataAbsentReason?: CodeableConcept;
  extension: Extension[];
}

/** Value of an Observation (R12): the number in `valueQuantity`, the text as sent beside it, nothing at all as `dataAbsentReason`. */
export function valueTo(value: ResultValue): ValueParts {
  const { text, number, comparator, unit } = value;
  if (value.kind === 'quantity') {
    const extension = fieldsOf({ [ORIGINAL_TEXT]: text });
    return {
      valueQuantity: {
        extension: extension.length > 0 ? extension : fieldsOf({ 'value-kind': 'quantity' }),
        value: number,
        comparator,
        ...quantityUnit(unit),
      },
      extension: [],
    };
  }
  const rest = fieldsOf({ unit, 'value-number': number, 'value-comparator': comparator });
  if (value.kind === 'string' && text !== '') return { valueString: text, extension: rest };
  return {
    dataAbsentReason: {
      ...concept(SYSTEM.dataAbsent, 'unknown', 'empty'),
      extension: fieldsOf({ [ORIGINAL_TEXT]: text }),
    },
    extension: [...rest, ...(value.kind === 'string' ? fieldsOf({ 'value-kind': 'string' }) : [])],
  };
}

/** The value of an Observation, ours or another system's: a decimal with the digits it was written with, 5.40 as `5.40` (R12). */
export function valueFrom(resource: Observation): ResultValue {
  const quantity = resource.valueQuantity;
  if (quantity !== undefined) {
    const sent = fieldText(quantity, ORIGINAL_TEXT);
    const shown = quantity.value === undefined ? '' : decimalText(quantity, 'value');
    const marked = fieldText(quantity, 'value-kind') !== '';
    return {
      text: sent !== '' || marked ? sent : `${quantity.comparator ?? ''}${shown}`,
      kind: 'quantity',
      ...(quantity.value === undefined ? {} : { number: quantity.value }),
      ...(quantity.comparator === undefined ? {} : { comparator: quantity.comparator }),
      unit: quantity.code ?? quantity.unit ?? '',
    };
  }
  const unit = fieldText(resource, 'unit');
  const number = resource.extension?.find((item) => item.url.endsWith('/value-number'));
  const comparator = fieldText(resource, 'value-comparator');
  const rest = {
    ...(number === undefined ? {} : { number: number.valueDecimal ?? number.valueInteger ?? 0 }),
    ...(comparator === '' ? {} : { comparator: oneOf(comparator, ['<', '<=', '>', '>='], '<') }),
    unit,
  };
  const text = otherText(resource);
  if (text !== '') return { text, kind: 'string', ...rest };
  const kind = oneOf(fieldText(resource, 'value-kind'), ['string', 'empty'], 'empty');
  return { text: fieldText(resource.dataAbsentReason, ORIGINAL_TEXT), kind, ...rest };
}

/** Text of the value types Levey shows as text only. */
function otherText(resource: Observation): string {
  if (resource.valueString !== undefined) return resource.valueString;
  const of = resource.valueCodeableConcept;
  if (of !== undefined) return wordsOf(of) || codeOf(of, '', true);
  if (resource.valueBoolean !== undefined) return String(resource.valueBoolean);
  if (resource.valueInteger !== undefined) return String(resource.valueInteger);
  const { low, high } = resource.valueRange ?? {};
  if (low !== undefined || high !== undefined) return `${low?.value ?? ''}-${high?.value ?? ''}`;
  const { numerator, denominator } = resource.valueRatio ?? {};
  if (numerator !== undefined) return `${numerator.value ?? ''}:${denominator?.value ?? ''}`;
  return resource.valueDateTime ?? resource.valueTime ?? '';
}

/** UCUM unit of a quantity; absent for an empty one. */
export function quantityUnit(unit: string): Partial<Pick<Quantity, 'unit' | 'system' | 'code'>> {
  return unit === '' ? {} : { unit, system: SYSTEM.ucum, code: unit };
}
