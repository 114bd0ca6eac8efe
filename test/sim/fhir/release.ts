import { isObject, type Resource } from './resource.ts';

/** The release of FHIR a server is made for. */
export type Release = 'R4' | 'R5';

/** `fhirVersion` of a release. */
export const VERSION_OF: Record<Release, string> = { R4: '4.0.1', R5: '5.0.0' };

/**
 * What an R5 server gives where the two differ and a laboratory would notice: a ServiceRequest's code is a CodeableReference, a Device has
 * `name` instead of `deviceName`, a SpecimenDefinition and an ObservationDefinition have a status. What is R5 already stays as it is.
 */
export function toR5(resource: Resource): Resource {
  switch (resource.resourceType) {
    case 'ServiceRequest': {
      const { code } = resource;
      return isObject(code) && code.concept === undefined && code.reference === undefined
        ? { ...resource, code: { concept: code } }
        : resource;
    }
    case 'Device': {
      const { deviceName, ...rest } = resource;
      if (!Array.isArray(deviceName)) return resource;
      const name = deviceName.map((one: unknown) =>
        isObject(one) ? { value: one.name, type: one.type } : { value: one },
      );
      return { ...rest, resourceType: 'Device', name };
    }
    case 'SpecimenDefinition':
    case 'ObservationDefinition':
      return { status: 'active', ...resource };
    default:
      return resource;
  }
}
