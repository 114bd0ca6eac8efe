import { parametersOf } from './parameters.ts';
import type { Resource } from './resource.ts';
import { RESOURCE_TYPES } from './validate.ts';

/** What the server can do, as a CapabilityStatement. */
export function capabilityStatement(base: string, date: string, tokenUrl: string | undefined): Resource {
  const parameters = (type: string): unknown[] => [
    { name: '_id', type: 'token' },
    { name: '_lastUpdated', type: 'date' },
    ...[...parametersOf(type).values()].map(({ name, kind }) => ({ name, type: kind })),
  ];
  const security =
    tokenUrl === undefined
      ? {}
      : {
          security: {
            extension: [
              {
                url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
                extension: [{ url: 'token', valueUri: tokenUrl }],
              },
            ],
          },
        };
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date,
    kind: 'instance',
    software: { name: 'Levey central server simulator' },
    implementation: { description: 'Simulated central FHIR server', url: base },
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [
      {
        mode: 'server',
        ...security,
        resource: RESOURCE_TYPES.map((type) => ({
          type,
          interaction: [
            'create',
            'read',
            'vread',
            'update',
            'patch',
            'delete',
            'history-instance',
            'search-type',
          ].map((code) => ({ code })),
          versioning: 'versioned-update',
          readHistory: true,
          updateCreate: false,
          conditionalCreate: true,
          conditionalUpdate: true,
          conditionalDelete: 'single',
          searchParam: parameters(type),
        })),
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
      },
    ],
  };
}
