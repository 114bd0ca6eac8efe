import { createHash } from 'node:crypto';
import { isObject } from '../../../shared/fhir/json.ts';
import { type AnyResource, type Replicated, withoutServerPart } from '../../../shared/fhir/mapping.ts';
import type { Item } from './outbox.ts';
import type { ReplicationStore, ReplicationUnit } from './port.ts';

/** Name of the state: by resource type and document, digests of what was sent last. */
const STATE = 'unanswered';
/** Attempts remembered for a record. */
const MOST = 5;
/** Records in whose place the server may have somebody else's version: for these it matters whose it is. */
const CONTESTED: ReadonlySet<Replicated> = new Set(['patients', 'orders', 'results', 'reports']);

type Digests = Record<string, string[]>;

/**
 * Changes on their way to the server, written down before they are sent: after a crash or a lost answer the station still recognises its own
 * version there, and does not take it for somebody else's.
 */
export class Attempts {
  private readonly store: ReplicationStore;

  constructor(store: ReplicationStore) {
    this.store = store;
  }

  /**
   * To be called before sending; durable when it resolves. Of a first version its name is enough: its identifier at the server is the proof,
   * and it is looked for there before it is sent again.
   */
  async sending(items: readonly Item[]): Promise<void> {
    const remembered = items.filter((item) => item.serverId === '' || CONTESTED.has(item.collection));
    if (remembered.length === 0) return;
    await this.store.write({ command: 'sync', actor: 'engine' }, async (unit) => {
      const digests = { ...(await unit.state<Digests>(STATE)) };
      for (const item of remembered) {
        const key = keyOf(item.resource.resourceType, item.doc.id);
        if (item.serverId === '') {
          digests[key] ??= [];
          continue;
        }
        const digest = digestOf(item.resource);
        const earlier = (digests[key] ?? []).filter((one) => one !== digest);
        digests[key] = [...earlier.slice(1 - MOST), digest];
      }
      await unit.setState(STATE, digests);
    });
  }

  /** Those of the items that create, and were on their way before without a word about them. */
  async unanswered(items: readonly Item[]): Promise<Set<Item>> {
    const creating = items.filter((item) => item.serverId === '');
    if (creating.length === 0) return new Set();
    const digests = (await this.store.state<Digests>(STATE)) ?? {};
    return new Set(
      creating.filter((item) => Object.hasOwn(digests, keyOf(item.resource.resourceType, item.doc.id))),
    );
  }

  /** True when what the server has is what this station sent of that document. */
  async isOurs(docId: string, there: AnyResource): Promise<boolean> {
    const digests = await this.store.state<Digests>(STATE);
    return digests?.[keyOf(there.resourceType, docId)]?.includes(digestOf(there)) ?? false;
  }

  /** Forgets what was answered, within the transaction that writes the answers down. */
  async answered(unit: ReplicationUnit, items: readonly Item[]): Promise<void> {
    const digests = await unit.state<Digests>(STATE);
    if (digests === undefined) return;
    const keys = new Set(items.map((item) => keyOf(item.resource.resourceType, item.doc.id)));
    const left = Object.entries(digests).filter(([key]) => !keys.has(key));
    if (left.length < Object.keys(digests).length) await unit.setState(STATE, Object.fromEntries(left));
  }
}

function keyOf(resourceType: string, docId: string): string {
  return `${resourceType} ${docId}`;
}

/** SHA-256, 64 hexadecimal digits, of a resource without what the server adds; the order of keys makes no difference. */
function digestOf(resource: AnyResource): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(withoutServerPart(resource))))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}
