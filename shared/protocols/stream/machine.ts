/**
 * Line protocols as one pure machine with virtual time: bytes and timers in, effects out. The same discipline as the ASTM link: nothing is acknowledged
 * before its journal row is on disk, a bad checksum is refused, and every byte received comes out in some journal row.
 */
import { ACK, ENQ, EOT, fromBinary, NAK } from '../astm/bytes.ts';
import { assemble, beginning, checksumLength, joinBlocks, NOTHING, readBlock } from './framing.ts';
import type {
  BrokenReason,
  StreamCount,
  StreamEffect,
  StreamEvent,
  StreamInput,
  StreamMark,
  StreamState,
  StreamTimer,
} from './machine-types.ts';
import { answerDue, cancelSends, hearAnswer, isAnswer, queueSend, startSend, yieldTo } from './sending.ts';

export type {
  BrokenReason,
  StreamCount,
  StreamEffect,
  StreamEvent,
  StreamInput,
  StreamMark,
  StreamState,
  StreamTimer,
} from './machine-types.ts';
export { createStream } from './machine-types.ts';

/** Bytes outside blocks that are journalled together at most. */
const JUNK = 4096;

/** One input. While a durable row is awaited, other inputs than `stored` wait their turn inside the state. */
export function step(
  state: StreamState,
  input: StreamInput,
): { state: StreamState; effects: StreamEffect[] } {
  const run = new Run(state);
  run.take(input);
  return { state: run.state, effects: run.effects };
}

/** Feeds bytes from `from` until they end or a durable row must be awaited; `consumed` is the next byte to feed. */
export function stepChunk(
  state: StreamState,
  bytes: Uint8Array,
  from = 0,
): { state: StreamState; effects: StreamEffect[]; consumed: number } {
  const run = new Run(state);
  let at = from;
  for (; at < bytes.length && run.state.awaiting === null; at += 1)
    run.take({ type: 'byte', byte: bytes[at] ?? 0 });
  if (run.state.awaiting === null) run.flushJunk();
  return { state: run.state, effects: run.effects, consumed: at };
}

class Run {
  state: StreamState;
  readonly effects: StreamEffect[] = [];

  constructor(state: StreamState) {
    this.state = state;
  }

  take(input: StreamInput): void {
    if (input.type === 'stored') this.#stored(input.ok);
    else if (this.state.awaiting !== null) this.#set({ held: [...this.state.held, input] });
    else this.#one(input);
    while (this.state.awaiting === null && this.state.held.length > 0) {
      const [next, ...held] = this.state.held;
      this.#set({ held });
      if (next !== undefined) this.#one(next);
    }
    this.#follow(startSend(this.state));
  }

  #one(input: StreamEvent): void {
    switch (input.type) {
      case 'opened':
        this.#reset('restarted');
        this.#set({ open: true });
        this.#journal('in', '', 'open');
        break;
      case 'closed':
        this.#reset('closed');
        this.#set({ open: false });
        this.#journal('in', '', 'close');
        break;
      case 'busy':
        this.#set({ busy: input.busy });
        break;
      case 'send':
        this.#follow(queueSend(this.state, input.id, input.block));
        break;
      case 'timer':
        this.#timer(input.name);
        break;
      case 'byte':
        if (this.state.open) this.#byte(String.fromCharCode(input.byte));
        break;
    }
  }

  #byte(byte: string): void {
    if (this.state.at === 'between') this.#between(byte);
    else if (this.state.at === 'check') this.#check(byte);
    else this.#inside(byte);
  }

  #between(byte: string): void {
    const { framing } = this.state;
    if (isAnswer(this.state, byte)) {
      this.flushJunk();
      this.#follow(hearAnswer(this.state, byte));
      return;
    }
    if (framing.handshake === 'enqAck' && (byte === chr(ENQ) || byte === chr(EOT))) {
      this.flushJunk();
      if (byte === chr(ENQ) && this.state.stray) this.#strayEnq();
      else if (byte === chr(ENQ)) this.#enq();
      else this.#eot();
      return;
    }
    if (framing.start === '') {
      if (byte > '\x1f') this.#begin(byte);
      else this.#junk(byte);
      return;
    }
    this.#junk(byte);
    const { junk } = this.state;
    if (!junk.endsWith(framing.start)) return;
    this.#set({ junk: junk.slice(0, junk.length - framing.start.length) });
    this.#begin(framing.start);
  }

  #begin(raw: string): void {
    this.flushJunk();
    this.#set({ at: 'block', raw, stray: false });
    this.effects.push({ type: 'startTimer', name: 'block', ms: this.state.framing.blockMs });
    if (this.state.framing.start === '') this.#ended();
  }

  #inside(byte: string): void {
    const { framing, raw } = this.state;
    const { checksum, handshake, start } = framing;
    const inner = raw.slice(start.length);
    // The byte behind this mark is the checksum, whatever else it looks like.
    const isSum =
      checksum.kind !== 'none' &&
      checksum.place === 'beforeEnd' &&
      checksum.form === 'byte' &&
      inner.endsWith(checksum.mark);
    const enquires = handshake === 'enqAck' && byte === chr(ENQ);
    const asks = handshake === 'enqAck' && byte === chr(EOT);
    const again = byte === start && start < ' ' && start !== framing.end;
    if (!isSum && enquires) {
      this.#set({ raw: raw + byte });
      this.#refuse('there is an ENQ in it');
      return;
    }
    if (!isSum && (asks || again)) {
      this.#partial('partial', 'a new one began');
      this.#between(byte);
      return;
    }
    if (raw.length >= framing.maxBytes) {
      this.#set({ raw: raw + byte });
      this.#count('overlong', 1);
      this.#refuse('it is too long');
      return;
    }
    this.#set({ raw: raw + byte });
    if (!isSum) this.#ended();
  }

  /** Whether the block has come to its end mark. */
  #ended(): void {
    const { framing, raw } = this.state;
    const inner = raw.slice(framing.start.length);
    if (!inner.endsWith(framing.end) && !(framing.more !== '' && inner.endsWith(framing.more))) return;
    const missing = framing.checksum.place === 'afterEnd' ? checksumLength(framing) : 0;
    if (missing > 0) this.#set({ at: 'check', missing });
    else this.#whole();
  }

  #check(byte: string): void {
    this.#set({ raw: this.state.raw + byte, missing: this.state.missing - 1 });
    if (this.state.missing === 0) this.#whole();
  }

  #whole(): void {
    const { framing, raw, previous } = this.state;
    const { fault } = readBlock(raw, framing);
    if (fault !== null) {
      this.#count('checksumErrors', 1);
      this.#refuse(fault, false);
      return;
    }
    this.effects.push({ type: 'stopTimer', name: 'block' });
    const repeated = framing.handshake !== 'none' && raw === previous;
    this.#set({
      at: 'between',
      raw: '',
      awaiting: repeated ? 'duplicate' : 'block',
      waiting: raw,
    });
    this.#journal('in', raw, repeated ? 'duplicate' : 'block', {
      durable: true,
      ...(framing.checksum.kind === 'none' ? {} : { checksumOk: true }),
    });
  }

  #stored(ok: boolean): void {
    const { awaiting, framing, waiting } = this.state;
    if (awaiting === null) return;
    this.#set({ awaiting: null, waiting: '' });
    if (!ok) this.#count('storeFailures', 1);
    if (awaiting === 'enq') {
      if (this.state.busy) this.#count('busy', 1);
      if (ok && !this.state.busy) {
        this.#set({ asked: true });
        this.#messageTimer();
        this.#answer(ACK);
      } else this.#answer(NAK);
      return;
    }
    if (framing.handshake !== 'none') this.#answer(ok ? ACK : NAK);
    if (!ok) return;
    if (awaiting === 'duplicate') {
      this.#count('duplicates', 1);
      return;
    }
    this.#count('blocks', 1);
    this.#set({ previous: waiting });
    this.#add(waiting);
  }

  #add(raw: string): void {
    const { framing } = this.state;
    const { assembly, broken, message } = assemble(this.state.assembly, readBlock(raw, framing), framing);
    this.#set({ assembly });
    if (broken !== null) this.#broken(broken, 'restarted', true);
    if (message !== null)
      this.effects.push({ type: 'message', text: joinBlocks(message, framing), blocks: message.length });
    if (assembly.open || this.state.asked) this.#messageTimer();
    else this.effects.push({ type: 'stopTimer', name: 'message' });
  }

  #enq(): void {
    this.#follow(yieldTo(this.state));
    this.#breakOff('restarted');
    this.#set({ awaiting: 'enq', asked: false, previous: null });
    this.#journal('in', chr(ENQ), 'enq', { durable: true });
  }

  /** It may be an altered byte of a block whose beginning was lost; an ACK would be heard as that of the block. A device that means it asks again. */
  #strayEnq(): void {
    this.#set({ stray: false });
    this.#journal('in', chr(ENQ), 'refused', { note: 'ENQ behind bytes that are no block' });
    this.#answer(NAK);
  }

  #eot(): void {
    this.#journal('in', chr(EOT), 'eot');
    this.#breakOff('endOfTransfer');
    this.effects.push({ type: 'stopTimer', name: 'message' });
    this.#set({ asked: false, stray: false, previous: null });
  }

  #timer(name: StreamTimer): void {
    if (name === 'answer') {
      this.#follow(answerDue(this.state));
      return;
    }
    if (name === 'block') {
      if (this.state.at === 'between') return;
      this.#count('timeouts', 1);
      this.#partial('timeout', 'it did not end in time');
      return;
    }
    this.flushJunk();
    this.#count('timeouts', 1);
    this.#journal('in', '', 'timeout');
    this.#breakOff('timeout');
    this.#set({ asked: false, previous: null });
  }

  /** A block that cannot be accepted: NAK, so that it comes again; a device that hears nothing does not repeat it, so a person is told. */
  #refuse(why: string, checksumOk?: boolean): void {
    const { raw, framing } = this.state;
    const deaf = framing.handshake === 'none';
    this.effects.push({ type: 'stopTimer', name: 'block' });
    this.#set({ at: 'between', raw: '' });
    this.#journal('in', raw, deaf ? 'spoiled' : 'refused', {
      note: why,
      ...(checksumOk === undefined ? {} : { checksumOk }),
    });
    if (deaf) this.effects.push({ type: 'spoiled', bytes: fromBinary(raw), why });
    else this.#answer(NAK);
  }

  /** A block that stopped before its end. A device that waits for an answer sends it again. */
  #partial(mark: 'partial' | 'timeout', why: string): void {
    const { raw, framing } = this.state;
    if (this.state.at === 'between') return;
    const tells = framing.handshake === 'none' && raw.length > framing.start.length;
    this.effects.push({ type: 'stopTimer', name: 'block' });
    this.#set({ at: 'between', raw: '' });
    this.#count('partials', 1);
    this.#journal('in', raw, tells ? 'spoiled' : mark, { note: why });
    if (tells) this.effects.push({ type: 'spoiled', bytes: fromBinary(raw), why });
  }

  #reset(reason: BrokenReason): void {
    this.#follow(cancelSends(this.state));
    this.#partial('partial', 'the line was lost');
    this.flushJunk();
    this.#breakOff(reason);
    this.effects.push({ type: 'stopTimer', name: 'message' });
    this.#set({ asked: false, stray: false, previous: null });
  }

  #breakOff(reason: BrokenReason): void {
    const { blocks, pending } = this.state.assembly;
    const left = pending === '' ? blocks : [...blocks, pending];
    this.#set({ assembly: NOTHING });
    if (left.length > 0) this.#broken(left, reason);
  }

  #broken(blocks: readonly string[], reason: BrokenReason, behind = false): void {
    this.#count('restarts', reason === 'restarted' ? 1 : 0);
    const text = joinBlocks(blocks, this.state.framing);
    this.effects.push({ type: 'broken', text, blocks: blocks.length, reason, behind });
  }

  #messageTimer(): void {
    this.effects.push({ type: 'startTimer', name: 'message', ms: this.state.framing.messageMs });
  }

  #answer(byte: number): void {
    this.#count(byte === ACK ? 'acks' : 'naksSent', 1);
    this.effects.push({ type: 'write', bytes: Uint8Array.of(byte) });
    this.#journal('out', chr(byte), byte === ACK ? 'ack' : 'nak');
  }

  #junk(byte: string): void {
    const stray = this.state.stray || (this.state.asked && !'\r\n'.includes(byte));
    this.#set({ junk: this.state.junk + byte, stray });
    if (this.state.junk.length >= JUNK) this.flushJunk();
  }

  /** Journals what stood outside blocks. Line breaks behind a block are usual and not counted. The beginning of a start mark stays. */
  flushJunk(): void {
    const { junk, framing } = this.state;
    const kept = this.state.at === 'between' ? beginning(junk, framing.start) : 0;
    const done = junk.slice(0, junk.length - kept);
    if (done === '') return;
    this.#set({ junk: junk.slice(done.length) });
    this.#journal('in', done, 'ignored');
    const odd = done.replace(/[\r\n]/g, '').length;
    if (odd > 0) this.#count('ignoredBytes', odd);
  }

  #journal(
    direction: 'in' | 'out',
    bytes: string,
    mark: StreamMark,
    more: { note?: string; checksumOk?: boolean; durable?: boolean } = {},
  ): void {
    this.effects.push({
      type: 'journal',
      direction,
      bytes: fromBinary(bytes),
      mark,
      durable: false,
      ...more,
    });
  }

  #count(what: StreamCount, n: number): void {
    if (n > 0) this.effects.push({ type: 'count', what, n });
  }

  #follow({ change, effects }: { change: Partial<StreamState>; effects: readonly StreamEffect[] }): void {
    this.#set(change);
    this.effects.push(...effects);
  }

  #set(change: Partial<StreamState>): void {
    this.state = { ...this.state, ...change };
  }
}

function chr(byte: number): string {
  return String.fromCharCode(byte);
}
