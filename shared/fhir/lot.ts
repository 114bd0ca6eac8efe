import type { Substance } from 'fhir/r4';
import { LotDoc } from '../documents/lot.ts';
import { lossless } from './mapping.ts';
import {
  fieldJson,
  fieldNumber,
  fieldsOf,
  fieldText,
  fieldTexts,
  oneOf,
  ourId,
  ourMeta,
  some,
} from './parts.ts';
import { SYSTEM } from './systems.ts';

/** Tag of a lot of control material. */
export const QC_LOT = 'QC-LOT';

/** LotDoc and FHIR Substance: the material as its code, the lot and its last day as its instance; targets (W14) as an extension. */
export const lotMapping = lossless<LotDoc, Substance>(
  (doc, context) => ({
    resourceType: 'Substance',
    meta: ourMeta(context, { system: SYSTEM.kind, code: QC_LOT }),
    extension: fieldsOf({
      level: doc.level,
      manufacturer: doc.manufacturer,
      'lot-state': doc.state,
      'opened-time': doc.openedTime,
      'open-hours': doc.openStabilityHours ?? undefined,
      'sent-as': doc.sentAs,
      targets: doc.targets.length === 0 ? undefined : JSON.stringify(doc.targets),
    }),
    identifier: [ourId(doc.id)],
    status: doc.state === 'ended' ? 'inactive' : 'active',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/substance-category', code: 'material' }] },
    ],
    code: { text: doc.material },
    instance: [{ identifier: { value: some(doc.lot) }, expiry: some(doc.expiresOn) }],
  }),
  (resource, _context, local) => ({
    ...local,
    material: resource.code?.text ?? '',
    manufacturer: fieldText(resource, 'manufacturer'),
    lot: resource.instance?.[0]?.identifier?.value ?? '',
    level: fieldText(resource, 'level'),
    expiresOn: resource.instance?.[0]?.expiry ?? '',
    openedTime: fieldText(resource, 'opened-time'),
    openStabilityHours: fieldNumber(resource, 'open-hours') ?? null,
    sentAs: fieldTexts(resource, 'sent-as'),
    state: oneOf(fieldText(resource, 'lot-state'), ['parallel', 'current', 'ended'], 'ended'),
    targets: fieldJson(resource, 'targets', LotDoc.shape.targets, []),
  }),
);
