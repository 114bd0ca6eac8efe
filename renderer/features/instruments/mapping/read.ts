import { STATUS_MEANINGS, type StatusMeaning } from '../../../../shared/profiles/overlay.ts';
import { FlagMeaning, TestMapping } from '../../../../shared/profiles/schema/common.ts';
import { type Entry, type Kind, PREFIX } from './draft.ts';
import { readUnit, readUnits, writeUnit, writeUnits } from './rows.ts';

/** A form as it is typed: every field a text; `hold` is `yes` or empty. */
export type Typed = Readonly<Record<string, string>>;

export const interpretations = ['', 'N', 'L', 'H', 'LL', 'HH', 'A'] as const;
export { STATUS_MEANINGS };

/** The fields of an entry as texts; of nothing, an empty form of the kind. */
export function typedOf(kind: Kind, entry: Entry | null): Typed {
  switch (entry?.kind) {
    case 'tests': {
      const { code, test, order, loinc, unit, sentUnits, factor, otherUnits } = entry.value;
      return {
        code,
        test,
        order: order ?? '',
        loinc: loinc ?? '',
        unit: unit ?? '',
        sentUnits: sentUnits.map(writeUnit).join('; '),
        factor,
        otherUnits: writeUnits(otherUnits ?? []),
      };
    }
    case 'flags':
      return {
        code: entry.code,
        text: entry.value.text,
        interpretation: entry.value.interpretation,
        hold: entry.value.hold ? 'yes' : '',
      };
    case 'statuses':
      return { sent: entry.sent, meaning: entry.value };
    case 'controls':
      return {
        how: entry.place === PREFIX ? 'prefix' : 'place',
        place: entry.place,
        values: entry.values.join('; '),
      };
    case 'units':
      return { sent: entry.sent, unit: entry.unit };
    case 'notResults':
      return { code: entry.code, text: entry.text };
    default:
      return empty[kind];
  }
}

const empty: Record<Kind, Typed> = {
  tests: { code: '', test: '', order: '', loinc: '', unit: '', sentUnits: '', factor: '1', otherUnits: '' },
  flags: { code: '', text: '', interpretation: '', hold: 'yes' },
  statuses: { sent: '', meaning: 'final' },
  controls: { how: 'prefix', place: PREFIX, values: '' },
  units: { sent: '', unit: '' },
  notResults: { code: '', text: '' },
};

const listOf = (text: string): string[] =>
  text
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** The entry a form says, or the field that is wrong. What the form has no field for stays as `before` has it. */
export function entryOf(
  kind: Kind,
  typed: Typed,
  before: Entry | null = null,
): { ok: true; entry: Entry } | { ok: false; field: string } {
  const of = (field: string): string => (typed[field] ?? '').trim();
  const missing = (...fields: string[]): string | undefined => fields.find((field) => of(field) === '');
  switch (kind) {
    case 'tests': {
      const otherUnits = readUnits(of('otherUnits'));
      if (otherUnits === undefined) return { ok: false, field: 'otherUnits' };
      const answers = before?.kind === 'tests' ? before.value.answers : undefined;
      const read = TestMapping.safeParse({
        ...(answers === undefined ? {} : { answers }),
        ...(of('order') === '' ? {} : { order: of('order') }),
        code: of('code'),
        test: of('test'),
        loinc: of('loinc') || null,
        unit: of('unit') || null,
        sentUnits: listOf(of('sentUnits')).map(readUnit),
        factor: of('factor'),
        ...(otherUnits.length === 0 ? {} : { otherUnits }),
      });
      return read.success
        ? { ok: true, entry: { kind, value: read.data } }
        : { ok: false, field: String(read.error.issues[0]?.path[0] ?? 'code') };
    }
    case 'flags': {
      const field = missing('code', 'text');
      const read = FlagMeaning.safeParse({
        interpretation: of('interpretation'),
        hold: of('hold') === 'yes',
        text: of('text'),
      });
      if (field !== undefined || !read.success) return { ok: false, field: field ?? 'text' };
      return { ok: true, entry: { kind, code: of('code'), value: read.data } };
    }
    case 'statuses': {
      const value = STATUS_MEANINGS.find((one): one is StatusMeaning => one === of('meaning'));
      return value === undefined
        ? { ok: false, field: 'meaning' }
        : { ok: true, entry: { kind, sent: of('sent'), value } };
    }
    case 'controls': {
      const values = listOf(of('values'));
      if (values.length === 0) return { ok: false, field: 'values' };
      if (of('how') === 'prefix') return { ok: true, entry: { kind, place: PREFIX, values } };
      return of('place') === ''
        ? { ok: false, field: 'place' }
        : { ok: true, entry: { kind, place: of('place'), values } };
    }
    case 'units': {
      const field = missing('sent', 'unit');
      return field === undefined
        ? { ok: true, entry: { kind, sent: of('sent'), unit: of('unit') } }
        : { ok: false, field };
    }
    case 'notResults': {
      const field = missing('code', 'text');
      return field === undefined
        ? { ok: true, entry: { kind, code: of('code'), text: of('text') } }
        : { ok: false, field };
    }
  }
}
