import { sameJson } from '../../../shared/fhir/json.ts';
import type { ReplicationReader, ReplicationUnit } from './port.ts';

/** Name of the state: server id of a specimen to its references that are not here yet. */
const STATE = 'incompleteSpecimens';
/** Most that are kept; the ones waiting longest are given up first. */
const MOST = 2_000;

type Waiting = Record<string, string[]>;

/** Specimens whose orders or patient are not here yet; kept over a restart. */
export class Incomplete {
  private readonly reader: ReplicationReader;

  constructor(reader: ReplicationReader) {
    this.reader = reader;
  }

  /** What a specimen waits for; empty when it is complete. */
  async of(serverId: string): Promise<string[]> {
    return (await this.all(this.reader))[serverId] ?? [];
  }

  /** Remembers what specimens wait for; an empty list ends it. Nothing is written when it is known already. */
  async note(unit: ReplicationUnit, absent: ReadonlyMap<string, string[]>): Promise<void> {
    const known = await this.all(unit);
    const next = { ...known };
    for (const [id, references] of absent) {
      if (references.length === 0) delete next[id];
      else next[id] = references;
    }
    if (sameJson(next, known)) return;
    await unit.setState(STATE, Object.fromEntries(Object.entries(next).slice(-MOST)));
  }

  /** Server ids of specimens of which something has arrived since. */
  async arrived(): Promise<string[]> {
    const found: string[] = [];
    for (const [id, references] of Object.entries(await this.all(this.reader))) {
      for (const reference of references) {
        const [type = '', serverId = ''] = reference.split('/').slice(-2);
        const collection = type === 'Patient' ? 'patients' : 'orders';
        if ((await this.reader.byServerId(collection, serverId)) === undefined) continue;
        found.push(id);
        break;
      }
    }
    return found;
  }

  private async all(reader: ReplicationReader): Promise<Waiting> {
    return (await reader.state<Waiting>(STATE)) ?? {};
  }
}
