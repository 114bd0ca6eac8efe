/** The session of an ASTM line (LIS01-A2): the link machine of either role, frames in the journal before they are acknowledged. */
import {
  buildFrames,
  type FrameLayout,
  TEXT_LIMIT_DEFAULT,
} from '../../../../shared/protocols/astm/frame.ts';
import {
  createLink,
  hasWork,
  type LinkEffect,
  type LinkInput,
  type LinkOptions,
  type LinkRole,
  type LinkState,
  type LinkTimer,
  step,
  stepChunk,
} from '../../../../shared/protocols/astm/link.ts';
import type { Transport } from '../transports/transport.ts';
import type { LogRow } from './line-log.ts';
import { type CommonEffect, type CommonInput, MachineSession } from './machine-session.ts';
import type { LineSessionOptions, OutgoingMessage, SendResult, SessionState } from './ports.ts';

/** Options of an ASTM line. ENQ is answered with NAK while more than `maxBacklog` messages wait (L5). */
export interface LinkSessionOptions extends LineSessionOptions {
  transport: Transport;
  /** Default `host`. */
  role?: LinkRole;
  /** Deviations from the strict defaults, from the profile. */
  link?: Partial<LinkOptions>;
  /** Longest text per frame we send, bytes (L4); default 240. */
  frameText?: number;
  /** Default `record`. */
  frameLayout?: FrameLayout;
}

type OwnInput = Exclude<LinkInput, CommonInput<LinkTimer>>;
type OwnEffect = Exclude<LinkEffect, CommonEffect<LinkTimer>>;

export class LinkSession extends MachineSession<LinkState, LinkTimer, OwnInput, OwnEffect> {
  readonly #link: LinkSessionOptions;
  readonly #sends = new Map<string, (result: SendResult) => void>();
  #sendNumber = 0;
  #unanswered = false;

  constructor(options: LinkSessionOptions) {
    super(options, { state: createLink(options.role ?? 'host', options.link), step, stepChunk });
    this.#link = options;
  }

  /**
   * Sends a message when the line is free. Resolves with what the instrument was told; it never rejects. A message that was not started
   * survives a lost line.
   */
  send({ bytes }: OutgoingMessage): Promise<SendResult> {
    const frames = buildFrames(
      bytes,
      this.#link.frameText ?? TEXT_LIMIT_DEFAULT,
      this.#link.frameLayout ?? 'record',
    );
    this.#sendNumber += 1;
    const id = `s${this.#sendNumber}`;
    return new Promise((done) => {
      this.#sends.set(id, done);
      this.give({ type: 'send', id, frames });
    });
  }

  protected override async ending(): Promise<void> {
    await this.idle();
    for (const id of this.#sends.keys()) this.give({ type: 'cancel', id });
    await this.idle();
  }

  protected override heard(): void {
    this.#unanswered = false;
  }

  protected override sending(): boolean {
    return hasWork(this.machine);
  }

  protected override light(): SessionState['state'] {
    switch (this.machine.phase) {
      case 'closed':
        return 'noAnswer';
      case 'receiving':
        return 'receiving';
      case 'sending':
        return 'sending';
      default:
        return this.#unanswered ? 'noAnswer' : this.machine.phase === 'asking' ? 'sending' : 'ready';
    }
  }

  protected override effect(effect: OwnEffect): void {
    switch (effect.type) {
      case 'journal':
        this.#journal(effect);
        break;
      case 'messageReceived': {
        const { text, frames } = effect;
        const at = this.log.now();
        const rows = this.takeRange();
        this.log.count('messages');
        this.inbox.add(rows.then((journal) => ({ text, frames, at, journal })));
        break;
      }
      case 'messageIncomplete': {
        const rows = this.takeRange();
        void rows.then((journal) => this.#link.onIncomplete?.({ ...effect, journal }));
        this.log.count('incomplete');
        this.log.event(`incomplete message: ${effect.reason}`);
        break;
      }
      case 'sendDone': {
        const { outcome, reason } = effect;
        if (reason === 'noAnswer') this.#unanswered = true;
        this.#sends.get(effect.id)?.(reason === undefined ? { outcome } : { outcome, reason });
        this.#sends.delete(effect.id);
        this.log.count(`sends.${outcome}`);
        break;
      }
      case 'count':
        this.log.count(effect.what, effect.n);
        if (effect.what === 'leniencies') this.log.event(`leniency used: ${effect.note ?? ''}`);
        break;
    }
  }

  /**
   * ENQ is answered at once while the journal takes rows: its ACK promises nothing but to listen, and its row is on disk with that of the first frame,
   * before that frame is acknowledged. When a row could not be stored, ENQ waits for its own again, and is refused with NAK.
   */
  #journal(effect: Extract<OwnEffect, { type: 'journal' }>): void {
    const promisesNothing = effect.durable && effect.mark === 'enq' && !this.log.journalFails;
    const given = this.rowOf(promisesNothing ? { ...effect, durable: false } : effect);
    if (effect.direction === 'in' && (effect.mark === 'frame' || effect.mark === 'partial'))
      this.rows.push(this.#appended(given));
    else if (effect.durable && !promisesNothing) this.#appended(given);
    else this.log.appendLater(given);
    if (promisesNothing) this.awaitRow(null);
    this.log.traceRow(given);
  }

  /** Appends a row; the machine waits for it where it must be on disk. */
  #appended(row: LogRow): Promise<number> {
    const appended = this.log.append(row);
    if (row.durable === true) this.awaitRow(appended);
    return appended;
  }
}
