import { expect, it } from 'vitest';
import { CatalogDoc } from '../../../shared/documents/catalog.ts';
import { base } from '../../../shared/documents/common.ts';
import { LotDoc } from '../../../shared/documents/lot.ts';
import { PatientDoc } from '../../../shared/documents/patient.ts';
import { ReportDoc } from '../../../shared/documents/report.ts';
import { ResultDoc } from '../../../shared/documents/result.ts';
import { collectTexts } from '../../i18n/index.ts';

/** Follow from others, and are never in conflict. */
const derived = ['nameKey'];

it.each(['en', 'de'])('every field that can be in conflict has its name in %s', (language) => {
  const { fields = {} } = (collectTexts()[language]?.sync ?? {}) as { fields?: Record<string, string> };
  const names = [PatientDoc, ResultDoc, ReportDoc, CatalogDoc, LotDoc].flatMap((doc) =>
    Object.keys(doc.shape),
  );
  const own = new Set([...Object.keys(base), ...derived]);
  expect(names.filter((name) => !own.has(name) && fields[name] === undefined)).toEqual([]);
});
