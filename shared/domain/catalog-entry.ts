import type { CatalogDoc } from '../documents/catalog.ts';
import { newBase } from '../documents/common.ts';

/** A catalogue entry with everything not given left empty: kind, code and name are enough. */
export function newCatalogEntry(
  given: Pick<CatalogDoc, 'kind' | 'code' | 'name'> & Partial<CatalogDoc>,
): CatalogDoc {
  return {
    ...newBase(`${given.kind}-${given.code}`, '2026-07-29T00:00:00.000Z', 'onServer'),
    active: true,
    loinc: '',
    unit: '',
    decimals: 0,
    section: '',
    order: 0,
    specimenType: '',
    ranges: [],
    delta: null,
    autoverify: false,
    members: [],
    container: '',
    cap: 'none',
    handling: '',
    drawOrder: 0,
    ...given,
  };
}
