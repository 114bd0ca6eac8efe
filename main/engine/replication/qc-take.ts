/** What other stations know of controls: lots, events, decisions, sign-offs and points. */
import type { Device, Observation } from 'fhir/r4';
import { documentShapes } from '../../../shared/documents/index.ts';
import { QC_LOT } from '../../../shared/fhir/lot.ts';
import type { AnyResource, FromContext } from '../../../shared/fhir/mapping.ts';
import { ownDocId } from '../../../shared/fhir/parts.ts';
import { QC_RECORD } from '../../../shared/fhir/setting.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import type { Bench } from '../bench.ts';
import type { FhirClient } from './client.ts';
import { isKept } from './kept.ts';
import type { Beside } from './kinds.ts';
import { freshLocal, isMalformed, keyOf } from './pulled.ts';
import { type Arrived, land, type QcKind } from './qc-landing.ts';
import { readResource } from './read.ts';

/** How far back a station looks at the first time, days. */
const DAYS = 100;

/** In the order in which they need each other. */
const kinds: readonly { kind: QcKind; type: string; tag: string }[] = [
  { kind: 'lots', type: 'Substance', tag: QC_LOT },
  { kind: 'settings', type: 'Basic', tag: QC_RECORD },
  { kind: 'controls', type: 'Observation', tag: 'QC' },
];

/** Which analyser a resource is about: by its id at the station that wrote it, and by ours. */
type Analyser = Arrived['analyser'];

/** Quality control of other stations, for replication to fetch: each kind by itself. @param client for what the records refer to */
export function qcBeside(bench: Bench, client: FhirClient): Beside[] {
  return kinds.map(({ kind, type, tag }) => ({
    name: `qc.${type}`,
    what: `${type} (quality control)`,
    type,
    filter: `&_tag=${encodeURIComponent(`${SYSTEM.kind}|${tag}`)}`,
    days: DAYS,
    take: (resources, say) => new QcPage(bench, client, kind, say).take(resources),
  }));
}

/** Takes one page of one kind. */
class QcPage {
  readonly #bench: Bench;
  readonly #client: FhirClient;
  readonly #kind: QcKind;
  readonly #say: (text: string) => void;
  /** Of this page: a device may be given its serial number at any time. */
  readonly #analysers = new Map<string, Analyser>();

  constructor(bench: Bench, client: FhirClient, kind: QcKind, say: (text: string) => void) {
    this.#bench = bench;
    this.#client = client;
    this.#kind = kind;
    this.#say = say;
  }

  /** @returns records written @throws NoAnswer, NotAuthorised */
  async take(resources: readonly AnyResource[]): Promise<number> {
    const arrived: Arrived[] = [];
    for (const resource of resources) {
      try {
        arrived.push(...(await this.#read(resource)));
      } catch (error) {
        // It holds up no other.
        if (!isMalformed(error)) throw error;
        this.#unusable(resource, error.message);
      }
    }
    return arrived.length === 0 ? 0 : land(this.#bench, this.#kind, arrived);
  }

  #unusable(resource: AnyResource, why: string): void {
    this.#say(`1 cannot be used here: ${keyOf(resource)}, ${why}`);
  }

  /** What a resource says; nothing for one that no station of ours made. */
  async #read(resource: AnyResource): Promise<Arrived[]> {
    const id = ownDocId(resource as Parameters<typeof ownDocId>[0]);
    if (id === '' || id.length > 36) return [];
    const serverId = resource.id ?? '';
    const { subject } = resource as Observation;
    const device = /Device\/([A-Za-z0-9.-]{1,64})(?=\/_history|$)/.exec(subject?.reference ?? '')?.[1];
    const analyser = await this.#analyser(device, subject?.identifier?.value ?? '');
    // Of a device that is not here, a control keeps the id it has there.
    const context: FromContext = { docId: () => analyser.here || analyser.there || undefined };
    const local = freshLocal(id, serverId, this.#bench.clock.now());
    const there = readResource(this.#kind, resource, context, local);
    const problem = documentShapes[this.#kind].safeParse(there).error?.issues[0];
    if (problem !== undefined) {
      this.#unusable(resource, `${problem.path.join('.')}: ${problem.message}`);
      return [];
    }
    return [{ there, serverId, versionId: resource.meta?.versionId ?? '', analyser }];
  }

  /** The analyser of a Device: one of ours, or one of another station with the serial number of ours. */
  async #analyser(deviceId: string | undefined, named: string): Promise<Analyser> {
    if (deviceId === undefined) return { there: named, here: this.#ours(named) };
    const known = this.#analysers.get(deviceId);
    if (known !== undefined) return known;
    const mine = await this.#bench.store.find('instruments', { selector: {} });
    const own = mine.find((one) => one.serverId === deviceId);
    let found: Analyser;
    if (own !== undefined) found = { there: own.id, here: this.#ours(own.id) };
    else {
      const device = (await this.#client.read(`Device/${deviceId}`)) as Device | undefined;
      const there = device === undefined ? '' : ownDocId(device);
      const serial = device?.serialNumber ?? '';
      const same = mine.filter(
        (one) => serial !== '' && one.serialNumber === serial && this.#ours(one.id) !== '',
      );
      found = { there, here: same.length === 1 ? (same[0]?.id ?? '') : this.#ours(there) };
    }
    this.#analysers.set(deviceId, found);
    return found;
  }

  #ours(id: string): string {
    return this.#bench.instruments.lines().some((line) => line.id === id) ? id : '';
  }
}

/** Lots that were set up while no lot was shared go to the server too; one it has deleted, and a person keeps here, does not. */
export async function shareLots(bench: Bench): Promise<void> {
  const at = bench.clock.now().toISOString();
  const context = { actor: 'engine', command: 'sync', station: bench.station.code, at };
  await bench.store.write(context, async (unit) => {
    for (const lot of await unit.find('lots', { selector: {} }))
      if (lot.syncState === 'local' && !isKept(lot)) unit.put('lots', { ...lot, syncState: 'queued' });
  });
}
