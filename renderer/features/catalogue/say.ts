import type { CatalogRow } from '../../../shared/ipc/admin.ts';

const YEAR = 365.25;
/** From this age on an upper limit means nothing more. */
const EVER = 120 * YEAR;
/** What "adult" is where the catalogue's ranges are shown in one line, years. */
const ADULT = 40;

type Range = CatalogRow['ranges'][number];

/** An age limit: days under two months, months under two years, then years. */
export function ageText(days: number): string {
  if (days >= 2 * YEAR || Math.abs(days / YEAR - Math.round(days / YEAR)) < 0.003) {
    if (days > 0) return `${Math.round(days / YEAR)} y`;
  }
  if (days < 61) return `${Math.round(days)} d`;
  return `${Math.round((days / YEAR) * 12)} m`;
}

/** Whom a range is for: its ages, half-open as the catalogue has them; `any` when it is for all. */
export function agesOf(range: Pick<Range, 'ageLowDays' | 'ageHighDays'>): {
  kind: 'any' | 'under' | 'from' | 'between';
  low: string;
  high: string;
} {
  const open = range.ageHighDays >= EVER;
  const low = ageText(range.ageLowDays);
  const high = ageText(range.ageHighDays);
  if (range.ageLowDays <= 0) return { kind: open ? 'any' : 'under', low, high };
  return { kind: open ? 'from' : 'between', low, high };
}

/** The ranges of an adult, one per sex or one for both. */
export function adultRanges(ranges: readonly Range[]): readonly Range[] {
  const days = ADULT * YEAR;
  return ranges.filter((range) => range.ageLowDays <= days && days < range.ageHighDays);
}

const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Entries that have every typed word in code, name, LOINC, unit or specimen type; accents and case do not matter. */
export function matching(rows: readonly CatalogRow[], typed: string): readonly CatalogRow[] {
  const words = plain(typed).trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = plain(
      [row.code, row.name, row.loinc, row.unit, row.specimenType, row.container, ...row.members].join(' '),
    );
    return words.every((word) => text.includes(word));
  });
}

/** An instrument as the bench calls it: `CHEM1` of `B2.CHEM1`. */
export function instrumentName(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1);
}

/** A span of hours: `24 h`, from two days on `3 d`. */
export function hoursText(hours: number): string {
  return hours >= 48 && hours % 24 === 0 ? `${hours / 24} d` : `${hours} h`;
}
