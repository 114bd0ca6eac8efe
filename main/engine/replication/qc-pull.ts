/** Fetches what other stations know of controls: lots, events, decisions, sign-offs and points, oldest first. */
import type { Device, Observation } from 'fhir/r4';
import { QC_LOT } from '../../../shared/fhir/lot.ts';
import type { AnyResource, FromContext } from '../../../shared/fhir/mapping.ts';
import { ownDocId } from '../../../shared/fhir/parts.ts';
import { QC_RECORD } from '../../../shared/fhir/setting.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import type { Bench } from '../bench.ts';
import { putSetting, readSetting } from '../settings.ts';
import type { FhirClient } from './client.ts';
import { freshLocal, keyOf, later, resourcesIn } from './pulled.ts';
import { type Arrived, land, type QcKind } from './qc-landing.ts';
import { readResource } from './read.ts';

/** How far back a station looks at the first time, days. */
const DAYS = 100;
const DAY_MS = 86_400_000;
/** Below its mark each poll starts: longer than the longest transaction at the server. */
const OVERLAP_MS = 120_000;
const PAGE = 200;
const SEEN = 20_000;

/** In the order in which they need each other. */
const kinds: readonly { kind: QcKind; type: string; tag: string }[] = [
  { kind: 'lots', type: 'Substance', tag: QC_LOT },
  { kind: 'settings', type: 'Basic', tag: QC_RECORD },
  { kind: 'controls', type: 'Observation', tag: 'QC' },
];

/** Which analyser a resource is about: by its id at the station that wrote it, and by ours. */
type Analyser = Arrived['analyser'];

/** The pull of quality control. */
export class QcPull {
  readonly #bench: Bench;
  readonly #client: FhirClient;
  readonly #seen = new Map<string, string>();
  /** Of this round: a device may be given its serial number at any time. */
  #analysers = new Map<string, Analyser>();

  constructor(bench: Bench, client: FhirClient) {
    this.#bench = bench;
    this.#client = client;
  }

  /** One round over everything. @returns records taken over @throws NoAnswer, NotAuthorised, SearchRefused */
  async round(): Promise<number> {
    this.#analysers = new Map();
    let count = 0;
    for (const one of kinds) count += await this.#poll(one);
    return count;
  }

  async #poll({ kind, type, tag }: (typeof kinds)[number]): Promise<number> {
    const { store, clock } = this.#bench;
    const name = `sync.qc.${type}`;
    let mark = (await readSetting<string>(store, name)) ?? '';
    const first = new Date(clock.now().getTime() - DAYS * DAY_MS).toISOString();
    const since = mark === '' ? first : new Date(Date.parse(mark) - OVERLAP_MS).toISOString();
    const path =
      `${type}?_tag=${encodeURIComponent(`${SYSTEM.kind}|${tag}`)}` +
      `&_sort=_lastUpdated&_count=${PAGE}&_lastUpdated=ge${since}`;
    let count = 0;
    for await (const page of this.#client.pages(path)) {
      const resources = resourcesIn(page, type);
      const fresh = resources.filter((one) => this.#seen.get(keyOf(one)) !== (one.meta?.versionId ?? ''));
      const newest = resources.reduce((max, one) => later(max, one.meta?.lastUpdated ?? ''), mark);
      const arrived: Arrived[] = [];
      for (const one of fresh) arrived.push(...(await this.#read(kind, one)));
      if (arrived.length > 0 || newest !== mark)
        count += await land(this.#bench, kind, arrived, async (unit) => {
          if (newest !== mark) await putSetting(unit, clock.now().toISOString(), name, newest);
        });
      mark = newest;
      if (this.#seen.size > SEEN) this.#seen.clear();
      for (const one of fresh) this.#seen.set(keyOf(one), one.meta?.versionId ?? '');
    }
    return count;
  }

  /** What a resource says; nothing for one that no station of ours made. */
  async #read(kind: QcKind, resource: AnyResource): Promise<Arrived[]> {
    const id = ownDocId(resource as Parameters<typeof ownDocId>[0]);
    if (id === '' || id.length > 36) return [];
    const serverId = resource.id ?? '';
    const { subject } = resource as Observation;
    const device = /Device\/([A-Za-z0-9.-]{1,64})(?=\/_history|$)/.exec(subject?.reference ?? '')?.[1];
    const analyser = await this.#analyser(device, subject?.identifier?.value ?? '');
    // Of a device that is not here, a control keeps the id it has there.
    const context: FromContext = { docId: () => analyser.here || analyser.there || undefined };
    const local = freshLocal(id, serverId, this.#bench.clock.now());
    const there = readResource(kind, resource, context, local);
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

/** Something that runs until it is stopped. */
interface Running {
  stop: () => Promise<void>;
}

/**
 * Pulls quality control while replication is online, every `everyMs`. What cannot be fetched now is fetched the next time; the line's state is
 * told by replication itself.
 */
export function startQcPull(
  bench: Bench,
  client: FhirClient,
  everyMs: number,
  isOnline: () => boolean,
): Running {
  const pull = new QcPull(bench, client);
  let stopped = false;
  let cancel = (): void => {};
  let working: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    if (!isOnline()) return;
    try {
      await pull.round();
    } catch (error) {
      if (!stopped)
        bench.log.warn('qc.pull', { error: error instanceof Error ? error.message : String(error) });
    }
  };
  const again = (): void => {
    cancel = bench.timers.set(everyMs, () => {
      working = look().finally(() => {
        if (!stopped) again();
      });
    });
  };
  again();
  return {
    stop: async () => {
      stopped = true;
      cancel();
      await working;
    },
  };
}

/** Lots that were set up while no lot was shared go to the server too. */
export async function shareLots(bench: Bench): Promise<void> {
  const at = bench.clock.now().toISOString();
  const context = { actor: 'engine', command: 'sync', station: bench.station.code, at };
  await bench.store.write(context, async (unit) => {
    for (const lot of await unit.find('lots', { selector: {} }))
      if (lot.syncState === 'local') unit.put('lots', { ...lot, syncState: 'queued' });
  });
}
