import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import { AnswerOrder } from './answer-order.ts';
import type { Attempts } from './attempts.ts';
import type { Abilities } from './capability.ts';
import { type FhirClient, failsAtThis, isResource, NoAnswer } from './client.ts';
import type { Item } from './item.ts';
import { type Bundling, find, type Outcome, type Sent, send, untold } from './send.ts';
import type { Sizing } from './sizing.ts';
import { isNamed } from './versions.ts';

/** Codes of the network that say that a request did not get to the server. */
const NOT_SENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH']);

export interface ExchangeOptions {
  client: FhirClient;
  sizing: Sizing;
  attempts: Attempts;
  /** Remembers what went without an answer. */
  remember: (item: Item) => void;
  /** Leaves one alone for a while: sent by itself it got no answer. @param words what came instead */
  rest: (item: Item, words: string) => Promise<void>;
}

/** What is sent together, and what the server says of each. */
export class Exchange {
  private readonly options: ExchangeOptions;
  private readonly order: AnswerOrder;
  /** The server does not take bundles although it says so. */
  private noBundles = false;

  constructor(options: ExchangeOptions) {
    this.options = options;
    this.order = new AnswerOrder(options.client);
  }

  /** How records travel. @param stated as the server says it takes them */
  bundling(stated: Bundling): Bundling {
    return this.noBundles ? 'single' : stated;
  }

  /**
   * Sends what is not there already; what was sent before without an answer is looked for first, and afterwards. Where the server names no versions
   * it is looked before each update whether what is there is what is known here, and after each write what it is now.
   * @param unanswered those that were sent before without an answer @returns one outcome for each, in their order @throws NoAnswer, NotAuthorised
   */
  async of(
    items: readonly Item[],
    unanswered: ReadonlySet<Item>,
    abilities: Abilities,
    bundling: Bundling,
  ): Promise<Outcome[]> {
    const outcomes = new Map<Item, Outcome>();
    for (const item of items) {
      if (item.serverId === '' || isNamed(item.versionId)) continue;
      const outcome = await this.before(item);
      if (outcome !== undefined) outcomes.set(item, outcome);
    }
    const going = outcomes.size === 0 ? items : items.filter((item) => !outcomes.has(item));
    const sent = going.length === 0 ? [] : await this.send(going, unanswered, abilities, bundling);
    for (const [index, item] of going.entries()) {
      const outcome = sent[index] ?? { kind: 'again', status: 0, why: '' };
      const isUnnamed = outcome.kind === 'sent' && outcome.versionId === '';
      outcomes.set(item, isUnnamed ? await this.after(item, outcome) : outcome);
    }
    return items.map((item) => outcomes.get(item) ?? { kind: 'again', status: 0, why: '' });
  }

  /** What becomes of an update no version guards: undefined where what is there is what is known here. */
  private async before(item: Item): Promise<Outcome | undefined> {
    const path = `${item.resourceType}/${item.serverId}`;
    const reply = await this.options.client.request('GET', path).catch((error: unknown) => {
      // The server fails at this one: others go.
      if (!failsAtThis(error)) throw error;
      return error;
    });
    if (reply instanceof NoAnswer) return { kind: 'again', status: 500, why: reply.message };
    if (reply.status === 404 || reply.status === 410) return { kind: 'gone' };
    // Perhaps it may be written all the same, or not: that is for the server to say.
    if (!isResource(reply.body)) return undefined;
    const { versionId = '' } = (reply.body as AnyResource).meta ?? {};
    return versionId !== '' && versionId === item.versionId ? undefined : { kind: 'stale' };
  }

  /** The version of what was just stored: by reading it back, which also tells whether somebody has written since. */
  private async after(item: Item, sent: Outcome & { kind: 'sent' }): Promise<Outcome> {
    // It is stored, whatever is answered now.
    const there = await this.options.client.read(`${item.resourceType}/${sent.id}`).catch(() => undefined);
    const { versionId = '' } = there?.meta ?? {};
    return versionId === '' ? sent : { kind: 'exists', id: sent.id, versionId, resource: there };
  }

  private async send(
    items: readonly Item[],
    unanswered: ReadonlySet<Item>,
    { searchFirst, plainCreate }: Abilities,
    bundling: Bundling,
  ): Promise<Outcome[]> {
    const { client } = this.options;
    const doubtful = items.filter(
      (item) => item.serverId === '' && (unanswered.has(item) || searchFirst.has(item.resourceType)),
    );
    if (doubtful.length === 0 && plainCreate.size === 0) return this.sendNow(items, bundling);
    const outcomes = new Map<Item, Outcome>();
    const note = (asked: readonly Item[], found: readonly (Outcome | undefined)[]): void => {
      for (const [index, item] of asked.entries()) {
        const outcome = found[index];
        if (outcome !== undefined) outcomes.set(item, outcome);
      }
    };
    if (doubtful.length > 0) note(doubtful, await find(client, doubtful, bundling));
    const going = items.filter((item) => !outcomes.has(item));
    if (going.length > 0) {
      for (const item of going) item.plain = plainCreate.has(item.resourceType);
      note(going, await this.sendNow(going, bundling));
    }
    // A server may say that it creates conditionally, and not do it: then there are two now, and a person has to know.
    const repeated = going.filter((item) => unanswered.has(item) && outcomes.get(item)?.kind === 'sent');
    if (repeated.length > 0) {
      const found = await find(client, repeated, bundling);
      note(
        repeated,
        found.map((outcome) => (outcome?.kind === 'several' ? outcome : undefined)),
      );
    }
    return items.map((item) => outcomes.get(item) ?? { kind: 'again', status: 0, why: '' });
  }

  /** Sends; when no answer comes, remembers what was on its way. */
  private async sendNow(items: readonly Item[], wanted: Bundling): Promise<Outcome[]> {
    const { client, sizing, attempts, remember, rest } = this.options;
    const bundling = this.bundling(wanted);
    let sent: Sent;
    try {
      sent = await send(client, items, bundling);
      if (bundling !== 'single' && !(await this.order.isProved(items, sent.outcomes)))
        sent = { outcomes: untold(items), noBundles: true };
    } catch (error) {
      if (error instanceof NoAnswer) {
        for (const item of items) remember(item);
        if (!NOT_SENT.has(error.code)) {
          await attempts.unanswered(items);
          // One of them may be what breaks it: in smaller requests it is found, and left alone for a while.
          sizing.troubled(items.length);
          if (items.length === 1) for (const item of items) await rest(item, error.message);
        }
      }
      throw error;
    }
    const silent = items.filter((_, index) => {
      const outcome = sent.outcomes[index];
      return outcome === undefined || (outcome.kind === 'again' && outcome.status === 0);
    });
    if (silent.length > 0) await attempts.unanswered(silent);
    if (sent.over === 'bytes') {
      const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
      sizing.tooLarge(items.length, bytes);
    } else if (sent.over === 'entries') sizing.tooMany(items.length);
    else sizing.fine();
    if (sent.noBundles === true) this.noBundles = true;
    return sent.outcomes;
  }
}
