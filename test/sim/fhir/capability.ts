import { parametersOf } from './parameters.ts';
import { VERSION_OF } from './release.ts';
import type { Resource } from './resource.ts';
import { WEBSOCKET_PATH } from './subscriptions.ts';
import type { Switches } from './switches.ts';
import { RESOURCE_TYPES } from './validate.ts';

interface About {
  /** Base address. */
  base: string;
  date: string;
  /** Token endpoint, when there is one. */
  tokenUrl?: string;
  switches: Switches;
}

const INTERACTIONS = [
  ...['create', 'read', 'vread', 'update', 'patch', 'delete', 'history-instance', 'search-type'],
].map((code) => ({ code }));

/** What the server says it can do, as a CapabilityStatement. */
export function capabilityStatement({ base, date, tokenUrl, switches }: About): Resource {
  const interaction = [
    ...(switches.transactions ? [{ code: 'transaction' }] : []),
    ...(switches.batches ? [{ code: 'batch' }] : []),
  ];
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date,
    kind: 'instance',
    software: { name: 'Levey central server simulator' },
    implementation: { description: 'Simulated central FHIR server', url: base },
    fhirVersion: switches.claimedVersion ?? VERSION_OF[switches.release],
    ...(switches.release === 'R5' ? { acceptLanguage: ['en'] } : {}),
    format: ['json'],
    rest: [
      {
        mode: 'server',
        ...websocketOf(base, switches),
        ...securityOf(tokenUrl, switches),
        resource: RESOURCE_TYPES.filter((type) => switches.websocket || type !== 'Subscription').map((type) =>
          resourceOf(type, switches),
        ),
        ...(interaction.length === 0 ? {} : { interaction }),
      },
    ],
  };
}

function resourceOf(type: string, switches: Switches): object {
  return {
    type,
    interaction: INTERACTIONS,
    versioning: 'versioned-update',
    readHistory: true,
    updateCreate: switches.newIds === 'client',
    conditionalCreate: switches.conditionalCreate === 'yes',
    conditionalUpdate: true,
    conditionalDelete: 'single',
    ...(switches.release === 'R5' ? { conditionalPatch: false } : {}),
    searchParam: [
      { name: '_id', type: 'token' },
      { name: '_lastUpdated', type: 'date' },
      ...[...parametersOf(type).values()].map(({ name, kind }) => ({ name, type: kind })),
    ],
  };
}

function websocketOf(base: string, { websocket }: Switches): object {
  if (!websocket) return {};
  const url = 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket';
  const valueUri = `${new URL(base).origin.replace(/^http/, 'ws')}${WEBSOCKET_PATH}`;
  return { extension: [{ url, valueUri }] };
}

function securityOf(tokenUrl: string | undefined, { auth }: Switches): object {
  if (auth.kind === 'none') return {};
  const code = auth.kind === 'basic' ? 'Basic' : 'SMART-on-FHIR';
  const coding = [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code }];
  if (tokenUrl === undefined) return { security: { service: [{ coding }] } };
  const extension = [
    {
      url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
      extension: [{ url: 'token', valueUri: tokenUrl }],
    },
  ];
  return { security: { extension, service: [{ coding }] } };
}
