import type { Device } from 'fhir/r4';
import type { InstrumentDoc } from '../documents/index.ts';
import { lossless } from './mapping.ts';
import { fieldsOf, fieldText, group, groupsOf, ourId, ourMeta, some } from './parts.ts';

/** InstrumentDoc and FHIR Device. The profile and the laboratory's own mappings are extensions. */
export const instrumentMapping = lossless<InstrumentDoc, Device>(
  (doc, context) => ({
    resourceType: 'Device',
    meta: ourMeta(context),
    extension: [
      ...fieldsOf({ 'instrument-profile': doc.profileId }),
      ...Object.entries(doc.overlay).map(([code, item]) =>
        group('test-mapping', fieldsOf({ code, 'test-code': item.testCode, by: item.by, at: item.at })),
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
    overlay: Object.fromEntries(
      groupsOf(resource, 'test-mapping').map((item) => [
        fieldText(item, 'code'),
        { testCode: fieldText(item, 'test-code'), by: fieldText(item, 'by'), at: fieldText(item, 'at') },
      ]),
    ),
  }),
);
