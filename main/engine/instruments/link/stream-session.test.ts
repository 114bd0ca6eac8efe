import { describe, expect, it } from 'vitest';
import { concatBytes, fromBinary, toBinary } from '../../../../shared/protocols/astm/bytes.ts';
import { buildBlock, type Framing } from '../../../../shared/protocols/stream/framing.ts';
import { framing } from '../../../../shared/protocols/stream/stream-fixture.ts';
import { until } from '../../../../test/until.ts';
import { recorded } from './session-fixture.ts';
import { StreamRecovery } from './stream-recover.ts';
import { StreamSession } from './stream-session.ts';

const plain = framing();
const acked = framing({ handshake: 'ackBlock', checksum: { kind: 'xor', form: 'byte' } });
const several = framing({ handshake: 'ackBlock', messageStart: 'BEGIN', messageEnd: 'END' });
const block = (text: string, of: Framing) => buildBlock(fromBinary(text), of);
const ACK = '\x06';
const NAK = '\x15';

function run(of: Framing) {
  const { options, said } = recorded('T1.COAG1');
  const session = new StreamSession({ ...options, framing: of });
  session.start();
  said.line.open();
  const recovered = () => {
    const recovery = new StreamRecovery(of);
    const found = said.journal.rows.map((row) => recovery.push(row)).filter((one) => one !== null);
    const rest = recovery.end();
    return rest === null ? found : [...found, rest];
  };
  return {
    ...said,
    session,
    recovered,
    written: () => toBinary(concatBytes(said.line.written)),
    texts: () => said.messages.map((message) => toBinary(message.text)),
  };
}

describe('stream session', () => {
  it('acknowledges only what is on disk, and hands it on with its rows', async () => {
    const { line, journal, session, messages, written } = run(acked);
    await session.idle();
    let open: () => void = () => undefined;
    journal.gate = new Promise((done) => {
      open = done;
    });
    line.receive(block('D 1', acked));
    await new Promise((done) => setImmediate(done));
    expect(written()).toBe('');
    open();
    await session.idle();
    expect(written()).toBe(ACK);
    await until(() => expect(messages).toHaveLength(1));
    expect(messages[0]).toMatchObject({ frames: 1, told: 'accepted', journal: { firstSeq: 2, lastSeq: 2 } });
    expect(journal.rows.map((row) => row.note)).toEqual(['open', 'block', 'ack']);
  });

  it('L11 refuses a block while the disk is full and takes its repeat once', async () => {
    const { line, journal, session, texts, written } = run(acked);
    await session.idle();
    journal.failing = true;
    line.receive(block('D 1', acked));
    await session.idle();
    journal.failing = false;
    line.receive(block('D 1', acked));
    await session.idle();
    expect(written()).toBe(NAK + ACK);
    await until(() => expect(texts()).toEqual(['D 1\x03']));
  });

  it('keeps what a one-way device sent until the disk takes it', async () => {
    const { line, journal, session, texts, timers, errors } = run(plain);
    await session.idle();
    journal.failing = true;
    line.receive(concatBytes([block('NA 140', plain), block('K 4.1', plain)]));
    await until(() => expect(errors).toHaveLength(1));
    expect(texts()).toEqual([]);
    timers.advance(1_000);
    await until(() => expect(errors).toHaveLength(2));
    journal.failing = false;
    timers.advance(2_000);
    await until(() => expect(texts()).toEqual(['NA 140\x03', 'K 4.1\x03']));
    expect(errors.at(-1)).toBeNull();
    await session.stop();
  });

  it('ends while a row cannot be stored', async () => {
    const { line, journal, session, errors } = run(plain);
    await session.idle();
    journal.failing = true;
    line.receive(block('NA 140', plain));
    await until(() => expect(errors.length).toBeGreaterThan(0));
    await session.stop();
    expect(session.state().state).toBe('off');
  });

  it('has every byte of both directions in the journal', async () => {
    const { line, journal, session, written } = run(acked);
    const sent = concatBytes([fromBinary('noise'), block('D 1', acked), fromBinary('\r\n\x02cut')]);
    for (const byte of sent) line.receive(Uint8Array.of(byte));
    await session.idle();
    line.drop();
    await session.idle();
    const bytes = (direction: string) =>
      journal.rows
        .filter((row) => row.direction === direction)
        .map((row) => toBinary(row.bytes))
        .join('');
    expect(bytes('in')).toBe(toBinary(sent));
    expect(bytes('out')).toBe(written());
  });

  it('finds in the journal what it handed on, whole, broken and spoiled', async () => {
    const first = run(several);
    for (const text of ['BEGIN', 'a', 'END', 'alone', 'BEGIN', 'b', 'BEGIN', 'c'])
      first.line.receive(block(text, several));
    first.line.drop();
    await first.session.idle();
    await until(() => expect(first.messages).toHaveLength(2));
    await until(() => expect(first.incomplete).toHaveLength(2));
    const found = first.recovered();
    expect(found.map((one) => [toBinary(one.text), one.complete, one.reason])).toEqual([
      ['BEGIN\x03a\x03END\x03', true, undefined],
      ['alone\x03', true, undefined],
      ['BEGIN\x03b\x03', false, 'restarted'],
      ['BEGIN\x03c\x03', false, 'closed'],
    ]);
    expect(found.filter((one) => one.complete).map((one) => one.journal)).toEqual(
      first.messages.map((message) => message.journal),
    );
    expect(found.filter((one) => !one.complete).map((one) => one.journal)).toEqual(
      first.incomplete.map((one) => one.journal),
    );

    const summed = framing({ checksum: { kind: 'sum' } });
    const second = run(summed);
    second.line.receive(fromBinary('\x02NA 140\x0300'));
    await second.session.idle();
    await until(() => expect(second.messages).toHaveLength(1));
    expect(second.messages[0]?.unreadable).toContain('the checksum is wrong');
    expect(second.recovered()).toMatchObject([
      { unreadable: second.messages[0]?.unreadable, journal: second.messages[0]?.journal, complete: true },
    ]);
    expect(second.session.counters()).toMatchObject({ checksumErrors: 1, spoiled: 1 });
  });

  it('tells its light, and sends when nothing is coming', async () => {
    const { line, session, states, written } = run(plain);
    await session.idle();
    expect(session.state()).toMatchObject({ state: 'ready', peer: 'mock' });
    line.receive(fromBinary('\x02half'));
    await session.idle();
    expect(session.state().state).toBe('receiving');
    const sent = session.send({ bytes: fromBinary('S 1') });
    await session.idle();
    expect(written()).toBe('');
    line.receive(fromBinary('\x03'));
    expect(await sent).toEqual({ outcome: 'accepted' });
    expect(written()).toBe('\x02S 1\x03');
    line.drop();
    await session.idle();
    expect(session.state().state).toBe('noAnswer');
    expect(await session.send({ bytes: fromBinary('S 1') })).toEqual({
      outcome: 'aborted',
      reason: 'closed',
    });
    await session.stop();
    expect(states.at(-1)?.state).toBe('off');
  });

  it('L8 L10 waits for the answer to what it sends, sends it again on NAK and silence, and tells how it ended', async () => {
    const { line, session, timers, journal, written } = run(acked);
    const wire = toBinary(block('S 1', acked));
    const sent = session.send({ bytes: fromBinary('S 1') });
    await session.idle();
    expect(written()).toBe(wire);
    expect(session.state()).toMatchObject({ state: 'sending', sending: true });
    line.receive(fromBinary(NAK));
    await session.idle();
    timers.advance(3_000);
    await session.idle();
    expect(written()).toBe(wire.repeat(3));
    line.receive(fromBinary(ACK));
    expect(await sent).toEqual({ outcome: 'accepted' });
    expect(session.counters()).toMatchObject({ blocksSent: 3, retries: 2, naksReceived: 1, noAnswers: 1 });
    expect(session.state()).toMatchObject({ state: 'ready', sending: false });
    expect(journal.rows.map((row) => row.note)).toEqual([
      'open',
      'block',
      'nak',
      'block',
      'noAnswer: to what we sent',
      'block',
      'ack',
    ]);

    const silent = session.send({ bytes: fromBinary('S 2') });
    for (let tries = 0; tries < 4; tries += 1) {
      await session.idle();
      timers.advance(3_000);
    }
    expect(await silent).toEqual({ outcome: 'aborted', reason: 'noAnswer' });
    const refused = session.send({ bytes: fromBinary('S 3') });
    for (let tries = 0; tries < 4; tries += 1) {
      await session.idle();
      line.receive(fromBinary(NAK));
    }
    expect(await refused).toEqual({ outcome: 'refused', reason: 'frameRefused' });
    const lost = session.send({ bytes: fromBinary('S 4') });
    const behind = session.send({ bytes: fromBinary('S 5') });
    await session.idle();
    line.drop();
    expect(await Promise.all([lost, behind])).toEqual([
      { outcome: 'aborted', reason: 'closed' },
      { outcome: 'aborted', reason: 'closed' },
    ]);
  });

  it('takes a block that comes while an answer is awaited, and the answer behind it', async () => {
    const { line, session, timers, texts, written } = run(acked);
    const sent = session.send({ bytes: fromBinary('S 1') });
    await session.idle();
    const coming = toBinary(block('D 1', acked));
    line.receive(fromBinary(coming.slice(0, 3)));
    await session.idle();
    timers.advance(3_000);
    await session.idle();
    line.receive(fromBinary(`${coming.slice(3)}${ACK}`));
    expect(await sent).toEqual({ outcome: 'accepted' });
    expect(written()).toBe(`${toBinary(block('S 1', acked))}${ACK}`);
    await until(() => expect(texts()).toEqual(['D 1\x03']));
  });

  it('L5 L7 asks with ENQ and ends with EOT; yields to a device that asks too, and presses none that is busy', async () => {
    const of = framing({ handshake: 'enqAck' });
    const { line, session, texts, written } = run(of);
    const sent = session.send({ bytes: fromBinary('S 1') });
    await session.idle();
    expect(written()).toBe('\x05');
    line.receive(concatBytes([fromBinary('\x05'), block('D 1', of), fromBinary('\x04')]));
    await session.idle();
    expect(written()).toBe(`\x05${ACK}${ACK}\x05`);
    line.receive(fromBinary(ACK + ACK));
    expect(await sent).toEqual({ outcome: 'accepted' });
    expect(written()).toBe(`\x05${ACK}${ACK}\x05\x02S 1\x03\x04`);
    expect(session.counters().contentions).toBe(1);
    await until(() => expect(texts()).toEqual(['D 1\x03']));
    const busy = session.send({ bytes: fromBinary('S 2') });
    await session.idle();
    line.receive(fromBinary(NAK));
    expect(await busy).toEqual({ outcome: 'aborted', reason: 'busy' });
  });

  it('gives up a block and a message in time', async () => {
    const { line, session, timers, incomplete } = run(several);
    line.receive(concatBytes([block('BEGIN', several), fromBinary('\x02half')]));
    await session.idle();
    timers.advance(10_000);
    await session.idle();
    expect(session.counters()).toMatchObject({ timeouts: 1, partials: 1 });
    timers.advance(60_000);
    await session.idle();
    await until(() => expect(incomplete).toMatchObject([{ reason: 'timeout', frames: 1 }]));
  });
});
