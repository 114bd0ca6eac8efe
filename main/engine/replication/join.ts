import type { DocOf } from '../../../shared/documents/index.ts';
import { type FhirClient, isBundle } from './client.ts';
import type { ReplicationStore } from './port.ts';
import { resourcesIn } from './pulled.ts';
import type { Take } from './take.ts';

/** Patients looked for in one search. */
const AT_ONCE = 50;
/** Numbers remembered as looked for. */
const MOST = 20_000;

/**
 * Looks for patients entered here at the server, by record number, before they are sent: one who has not been there for long is not in what was
 * fetched, and is not to be made a second time.
 */
export class Join {
  private readonly store: ReplicationStore;
  private readonly client: FhirClient;
  private readonly take: Take;
  private readonly looked = new Set<string>();

  constructor(store: ReplicationStore, client: FhirClient, take: Take) {
    this.store = store;
    this.client = client;
    this.take = take;
  }

  /** Looks for those that wait for the server and have no id there. @returns how many were found @throws NoAnswer, NotAuthorised */
  async patients(): Promise<number> {
    const waiting = (await this.store.queued('patients', 0, AT_ONCE)) as unknown as DocOf<'patients'>[];
    const numbers = new Set<string>();
    for (const { serverId, identifier, identifierSystem } of waiting) {
      const number = `${identifierSystem}|${identifier}`;
      if (serverId !== '' || identifier === '' || identifierSystem === '' || this.looked.has(number))
        continue;
      numbers.add(number);
    }
    if (numbers.size === 0) return 0;
    await this.store.settled();
    const values = [...numbers].map((number) => number.replaceAll(/[\\,$]/g, '\\$&'));
    const query = values.map(encodeURIComponent).join(',');
    const reply = await this.client.request('GET', `Patient?identifier=${query}&_count=${4 * AT_ONCE}`);
    // A server that does not search so is not asked for them again.
    const found = reply.status === 200 && isBundle(reply.body) ? resourcesIn(reply.body, 'Patient') : [];
    const count = await this.take.resources('patients', found, {});
    if (this.looked.size > MOST) this.looked.clear();
    for (const number of numbers) this.looked.add(number);
    return count;
  }
}
