import type { Device } from 'fhir/r4';
import type { InstrumentDoc } from '../documents/index.ts';
import { MappingVerification, newMapping } from '../documents/instrument.ts';
import { emptyOverlay, Overlay } from '../profiles/overlay.ts';
import { lossless } from './mapping.ts';
import { fieldsOf, fieldText, group, groupsOf, ourId, ourMeta, some } from './parts.ts';

/** The mapping of an instrument as its extensions say it. What is not there, or is no such thing, is as on a new instrument. */
function mappingOf(resource: Device): ReturnType<typeof newMapping> {
  const [saved] = groupsOf(resource, 'test-mapping');
  const content = saved === undefined ? undefined : Overlay.safeParse(json(fieldText(saved, 'overlay')));
  return {
    ...newMapping(),
    verifications: groupsOf(resource, 'mapping-verification').flatMap((item) => {
      const one = MappingVerification.safeParse(json(fieldText(item, 'record')));
      return one.success ? [one.data] : [];
    }),
    ...(saved === undefined
      ? {}
      : {
          overlay: content?.success ? content.data : emptyOverlay(),
          overlayVersion: Number(fieldText(saved, 'version')) || 0,
          overlayBy: fieldText(saved, 'by'),
          overlayAt: fieldText(saved, 'at'),
        }),
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** InstrumentDoc and FHIR Device. The profile, the laboratory's own mapping and its verifications are extensions. */
export const instrumentMapping = lossless<InstrumentDoc, Device>(
  (doc, context) => ({
    resourceType: 'Device',
    meta: ourMeta(context),
    extension: [
      ...fieldsOf({ 'instrument-profile': doc.profileId }),
      ...(doc.overlayVersion === 0
        ? []
        : [
            group(
              'test-mapping',
              fieldsOf({
                version: String(doc.overlayVersion),
                by: doc.overlayBy,
                at: doc.overlayAt,
                overlay: JSON.stringify(doc.overlay),
              }),
            ),
          ]),
      ...doc.verifications.map((item) =>
        group('mapping-verification', fieldsOf({ record: JSON.stringify(item) })),
      ),
    ],
    identifier: [ourId(doc.id)],
    status: doc.active ? 'active' : 'inactive',
    manufacturer: some(doc.manufacturer),
    serialNumber: some(doc.serialNumber),
    deviceName: doc.name === '' ? [] : [{ name: doc.name, type: 'user-friendly-name' }],
    modelNumber: some(doc.model),
  }),
  (resource, _context, local) => ({
    ...local,
    name:
      resource.deviceName?.find((item) => item.type === 'user-friendly-name')?.name ??
      resource.deviceName?.[0]?.name ??
      '',
    profileId: fieldText(resource, 'instrument-profile'),
    manufacturer: resource.manufacturer ?? '',
    model: resource.modelNumber ?? '',
    serialNumber: resource.serialNumber ?? '',
    active: resource.status === 'active' || resource.status === undefined,
    ...mappingOf(resource),
  }),
);
