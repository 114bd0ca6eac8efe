import type { Basic } from 'fhir/r4';
import { z } from 'zod';
import type { SettingDoc } from '../documents/setting.ts';
import { lossless } from './mapping.ts';
import { fieldJson, fieldsOf, ourId, ourMeta, refer } from './parts.ts';
import { SYSTEM } from './systems.ts';

/** Tag and code of a record of quality control that is no measurement: events, overrides, sign-offs, changes of the plan. */
export const QC_RECORD = 'QC-RECORD';

const BY_INSTRUMENT = /^qc\.(?:events|override|overrides|signOffs)\.([^.]+\.[^.]+)/;

const About = z.object({ instrumentId: z.string() });

/**
 * Id of the instrument a shared setting is about; '' when it is about none. It stands in the setting's id, or where a digest stands there
 * (`qc.events.~…`) in its value.
 */
export function instrumentOfSetting({ id, value }: Pick<SettingDoc, 'id' | 'value'>): string {
  if (!/^qc\.\w+\.~/.test(id)) return BY_INSTRUMENT.exec(id)?.[1] ?? '';
  return About.safeParse(Array.isArray(value) ? value[0] : value).data?.instrumentId ?? '';
}

/** A shared SettingDoc and FHIR Basic, with the analyser it is about as its subject. */
export const settingMapping = lossless<SettingDoc, Basic>(
  (doc, context) => ({
    resourceType: 'Basic',
    meta: ourMeta(context, { system: SYSTEM.kind, code: QC_RECORD }),
    extension: fieldsOf({ value: JSON.stringify(doc.value ?? null) }),
    identifier: [ourId(doc.id)],
    code: { coding: [{ system: SYSTEM.kind, code: QC_RECORD }] },
    subject: refer(context, 'instruments', instrumentOfSetting(doc)),
  }),
  (resource, _context, local) => ({
    ...local,
    value: fieldJson<unknown>(resource, 'value', z.unknown(), null),
  }),
);
