import type { CatalogDoc } from '../../../shared/documents/catalog.ts';
import { newCatalogEntry } from '../../../shared/domain/catalog-entry.ts';
import { stored } from './stored.ts';
import { panelLines, specimenLines, testLines } from './tests.ts';

/**
 * The demo catalogue: 30 tests, 8 panels, 3 specimen types, with fixed ids (`test-K`, `panel-RENAL`, `specimenType-SER`). The same for every seed.
 * @param at instant for `createdAt` and `updatedAt`.
 */
export function catalog(at: string): CatalogDoc[] {
  const based = (kind: CatalogDoc['kind'], code: string) => stored(`${kind}-${code}`, at);
  return [
    ...specimenLines.map((line) =>
      newCatalogEntry({ ...based('specimenType', line.code), kind: 'specimenType', ...line }),
    ),
    ...testLines.map(({ plausible, ...line }, i) =>
      newCatalogEntry({
        ...based('test', line.code),
        kind: 'test',
        ...line,
        order: (i + 1) * 10,
        plausibleLow: plausible[0],
        plausibleHigh: plausible[1],
      }),
    ),
    ...panelLines.map((line, i) =>
      newCatalogEntry({ ...based('panel', line.code), kind: 'panel', ...line, order: (i + 1) * 10 }),
    ),
  ];
}
