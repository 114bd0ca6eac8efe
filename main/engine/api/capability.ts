import type { CapabilityStatement } from 'fhir/r4';
import { apiTypes, parametersOf } from './parameters.ts';
import type { FhirSource } from './source.ts';

/** What the API can do, as a CapabilityStatement. */
export function capabilityStatement(
  base: string,
  about: ReturnType<FhirSource['capability']>,
): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: about.date,
    kind: 'instance',
    software: { name: 'Levey', version: about.version },
    implementation: { description: `Local API of laboratory station ${about.station}`, url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        security: { description: 'Bearer token, loopback only.' },
        resource: apiTypes.map((type) => ({
          type,
          interaction: [{ code: 'read' }, { code: 'search-type' }],
          versioning: 'versioned',
          searchParam: parametersOf(type).map(({ name, kind }) => ({ name, type: kind })),
        })),
      },
    ],
  };
}
