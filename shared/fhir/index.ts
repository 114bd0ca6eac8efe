import type { DocOf } from '../documents/index.ts';
import { catalogToFhir } from './catalog.ts';
import { controlMapping } from './control.ts';
import { instrumentMapping } from './instrument.ts';
import { lotMapping } from './lot.ts';
import type { AnyResource, Replicated, ToContext } from './mapping.ts';
import { orderMapping } from './order.ts';
import { patientMapping } from './patient.ts';
import { reportMapping, signatureProvenance } from './report.ts';
import { resultMapping } from './result.ts';
import { settingMapping } from './setting.ts';
import { specimenMapping } from './specimen.ts';
import { callCommunication, detectedIssue, taskMapping } from './task.ts';

/** The mapping of each collection whose documents are one main resource. The catalogue's are sets: see catalog.ts. */
export const mappings = {
  patients: patientMapping,
  instruments: instrumentMapping,
  orders: orderMapping,
  specimens: specimenMapping,
  results: resultMapping,
  lots: lotMapping,
  controls: controlMapping,
  reports: reportMapping,
  tasks: taskMapping,
  settings: settingMapping,
} as const;

/**
 * All resources that stand for a document, the main one (whose server id the document has) first: a signed report comes with the
 * Provenance of its signature, an exception with its DetectedIssue, a critical call with its Communication, a test with its definitions.
 */
export function resourcesOf(collection: Replicated, doc: unknown, context: ToContext): AnyResource[] {
  switch (collection) {
    case 'catalog':
      return catalogToFhir(doc as DocOf<'catalog'>, context);
    case 'reports': {
      const report = doc as DocOf<'reports'>;
      return present(reportMapping.to(report, context), signatureProvenance(report, context));
    }
    case 'tasks': {
      const task = doc as DocOf<'tasks'>;
      return present(
        taskMapping.to(task, context),
        detectedIssue(task, context),
        callCommunication(task, context),
      );
    }
    case 'patients':
      return [patientMapping.to(doc as DocOf<'patients'>, context)];
    case 'instruments':
      return [instrumentMapping.to(doc as DocOf<'instruments'>, context)];
    case 'orders':
      return [orderMapping.to(doc as DocOf<'orders'>, context)];
    case 'specimens':
      return [specimenMapping.to(doc as DocOf<'specimens'>, context)];
    case 'results':
      return [resultMapping.to(doc as DocOf<'results'>, context)];
    case 'lots':
      return [lotMapping.to(doc as DocOf<'lots'>, context)];
    case 'settings':
      return [settingMapping.to(doc as DocOf<'settings'>, context)];
    case 'controls':
      return [controlMapping.to(doc as DocOf<'controls'>, context)];
  }
}

function present(...resources: (AnyResource | undefined)[]): AnyResource[] {
  return resources.filter((resource) => resource !== undefined);
}
