import { createHash } from 'node:crypto';
import { isObject } from '../../../shared/fhir/json.ts';
import { type AnyResource, type Replicated, withoutServerPart } from '../../../shared/fhir/mapping.ts';
import type { Item } from './item.ts';
import type { ReplicationStore, ReplicationUnit } from './port.ts';

/** Name of the state: by resource type and document, digests of what was sent last. */
const STATE = 'unanswered';
/** Name of the state: first versions that were sent without a word back, by resource type and document. */
const LOST = 'unansweredFirst';
/** Name of the state: true while this engine may have first versions under way, else until when there may have been some in doubt; false for none. */
const CREATING = 'creating';
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
  private readonly now: () => Date;
  private begun: Promise<void> | undefined;
  private lost = new Set<string>();
  /** The last run ended in the middle: what was queued until this instant may have been on its way. */
  private doubtUntil = '';
  private creating = false;
  /** What is in doubt was not written down as it is now. */
  private unkept = false;

  constructor(store: ReplicationStore, now: () => Date) {
    this.store = store;
    this.now = now;
  }

  /** To be called before sending; durable when it resolves. Of first versions it is only noted that there are some under way. */
  async sending(items: readonly Item[]): Promise<void> {
    const contested = items.filter((item) => item.serverId !== '' && CONTESTED.has(item.collection));
    this.begun ??= this.begin();
    await this.begun;
    const flag = !this.creating && items.some((item) => item.serverId === '');
    if (contested.length === 0 && !flag) return;
    await this.write(async (unit) => {
      if (flag) await unit.setState(CREATING, true);
      if (contested.length === 0) return;
      const digests = { ...(await unit.state<Digests>(STATE)) };
      for (const item of contested) {
        const key = keyOfItem(item);
        const digest = digestOf(item.resource);
        const earlier = (digests[key] ?? []).filter((one) => one !== digest);
        digests[key] = [...earlier.slice(1 - MOST), digest];
      }
      await unit.setState(STATE, digests);
    });
    if (flag) this.creating = true;
  }

  /** No answer came: first versions among the items may be at the server. Durable when it resolves. */
  async unanswered(items: readonly Item[]): Promise<void> {
    const keys = items.filter((item) => item.serverId === '').map(keyOfItem);
    if (!this.unkept && keys.every((key) => this.lost.has(key))) return;
    for (const key of keys) this.lost.add(key);
    this.unkept = true;
    await this.write((unit) => unit.setState(LOST, [...this.lost]));
    this.unkept = false;
  }

  /**
   * First versions among the items that may be at the server already, from an attempt without an answer or a run that ended in the middle:
   * they are looked for there before they are sent again.
   */
  async doubtful(items: readonly Item[]): Promise<Set<Item>> {
    this.begun ??= this.begin();
    await this.begun;
    if (this.lost.size === 0 && this.doubtUntil === '') return new Set();
    return new Set(
      items.filter(
        (item) =>
          item.serverId === '' && (this.lost.has(keyOfItem(item)) || item.doc.updatedAt <= this.doubtUntil),
      ),
    );
  }

  /** Everything under way was answered or noted as unanswered: the next run need not doubt more than this one. */
  async end(): Promise<void> {
    if (!this.creating && !this.unkept) return;
    this.creating = false;
    await this.write(async (unit) => {
      await unit.setState(LOST, [...this.lost]);
      await unit.setState(CREATING, this.doubtUntil === '' ? false : this.doubtUntil);
    });
  }

  private async begin(): Promise<void> {
    this.lost = new Set(await this.store.state<string[]>(LOST));
    const creating = await this.store.state<boolean | string>(CREATING);
    if (creating === true) this.doubtUntil = this.now().toISOString();
    else if (typeof creating === 'string') this.doubtUntil = creating;
  }

  private async write(work: (unit: ReplicationUnit) => Promise<void>): Promise<void> {
    await this.store.write({ command: 'sync', actor: 'engine' }, work);
  }

  /** True when what the server has is what this station sent of that document. */
  async isOurs(docId: string, there: AnyResource): Promise<boolean> {
    const digests = await this.store.state<Digests>(STATE);
    return digests?.[keyOf(there.resourceType, docId)]?.includes(digestOf(there)) ?? false;
  }

  /** Forgets what was answered, within the transaction that writes the answers down; when that is durable {@link settled} is called. */
  async answered(unit: ReplicationUnit, items: readonly Item[]): Promise<void> {
    const digests = await unit.state<Digests>(STATE);
    if (digests === undefined && this.lost.size === 0) return;
    const keys = new Set(items.map(keyOfItem));
    if ([...keys].some((key) => this.lost.has(key)))
      await unit.setState(
        LOST,
        [...this.lost].filter((key) => !keys.has(key)),
      );
    if (digests === undefined) return;
    const left = Object.entries(digests).filter(([key]) => !keys.has(key));
    if (left.length < Object.keys(digests).length) await unit.setState(STATE, Object.fromEntries(left));
  }

  /** Their answers are written down. */
  settled(items: readonly Item[]): void {
    if (this.lost.size === 0) return;
    for (const item of items) this.lost.delete(keyOfItem(item));
  }
}

function keyOfItem(item: Item): string {
  return keyOf(item.resourceType, item.doc.id);
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
