import type { Task } from 'fhir/r4';
import type { DocOf } from '../../../shared/documents/index.ts';
import type { AnyResource, Local } from '../../../shared/fhir/mapping.ts';
import { instantOf, ownDocId } from '../../../shared/fhir/parts.ts';
import type { Fetched } from './kinds.ts';
import type { AnyDoc, ReplicationStore } from './port.ts';
import { freshLocal } from './pulled.ts';
import { readResource } from './read.ts';

export interface HereOptions {
  store: ReplicationStore;
  now: () => Date;
  newId: () => string;
}

/** Which document here a resource stands for, where no server id tells. */
export class Here {
  private readonly options: HereOptions;

  constructor(options: HereOptions) {
    this.options = options;
  }

  /** The document of a resource that no server id names: by our identifier, or for a patient by record number. */
  async find(collection: Fetched, resource: AnyResource): Promise<AnyDoc | 'ours' | undefined> {
    const { store } = this.options;
    const own = ownDocId(resource as Parameters<typeof ownDocId>[0]);
    const ours = own === '' ? undefined : await store.byId(collection, own);
    // Ours, but the answer was lost: sending it again finds it and settles everything. What waits for a person is not sent: it is known from here on.
    if (ours !== undefined) return ours.serverId === '' && ours.syncState !== 'conflict' ? 'ours' : ours;
    if (collection !== 'patients') return undefined;
    const context = { docId: () => undefined };
    const local = freshLocal('', '', this.options.now());
    const read = readResource('patients', resource, context, local) as AnyDoc & DocOf<'patients'>;
    if (read.identifier === '') return undefined;
    const same = await store.patientByNumber(read.identifierSystem, read.identifier);
    return same?.serverId === '' ? same : undefined;
  }

  /** The station's part of the document a resource becomes that is not known here. */
  async newLocal(collection: Fetched, resource: AnyResource): Promise<Local> {
    const { store, newId, now } = this.options;
    const serverId = resource.id ?? '';
    const own = ownDocId(resource as Parameters<typeof ownDocId>[0]);
    const wanted = own !== '' && own.length <= 36 ? own : serverId;
    const free = wanted !== '' && wanted.length <= 36 && (await store.byId(collection, wanted)) === undefined;
    const local = freshLocal(free ? wanted : newId(), serverId, now());
    // A call is due since the value was found, not since it was heard of here.
    const due = collection === 'tasks' ? instantOf((resource as Task).authoredOn) : '';
    return due === '' ? local : { ...local, createdAt: due };
  }
}
