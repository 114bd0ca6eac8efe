import { describe, expect, it } from 'vitest';
import {
  ACK,
  concatBytes,
  ENQ,
  EOT,
  fromBinary,
  NAK,
  toBinary,
} from '../../../../shared/protocols/astm/bytes.ts';
import { buildFrame, buildFrames } from '../../../../shared/protocols/astm/frame.ts';
import { until } from '../../../../test/until.ts';
import { MessageRecovery, recoverMessages } from './recover.ts';
import { mockSession } from './session-fixture.ts';

const TEXT = fromBinary('H|\\^&\rP|1\rO|1|A1\rR|1|^^^NA|140\rL|1|N\r');
const frames = buildFrames(TEXT);
const transfer = concatBytes([Uint8Array.of(ENQ), ...frames, Uint8Array.of(EOT)]);
const written = (line: { written: Uint8Array[] }) => [...concatBytes(line.written)];

describe('link session', () => {
  it('delivers a message with its journal range and acknowledges every frame', async () => {
    const { line, session, messages, journal } = mockSession();
    line.open();
    line.receive(transfer);
    await session.idle();
    expect(written(line)).toEqual([ACK, ...frames.map(() => ACK)]);
    await until(() => expect(messages).toHaveLength(1));
    const [message] = messages;
    expect(toBinary(message?.text ?? new Uint8Array(0))).toBe(toBinary(TEXT));
    const inside = journal.rows.filter((row) => row.note === 'frame').map((row) => row.seq);
    expect(message?.journal).toEqual({ firstSeq: inside[0], lastSeq: inside.at(-1) });
    expect(session.counters()).toMatchObject({ frames: 5, messages: 1, acks: 6 });
  });

  it('has every byte of both directions in the journal', async () => {
    const { line, session, journal } = mockSession();
    line.open();
    line.receive(concatBytes([fromBinary('noise'), transfer]));
    await session.idle();
    const bytes = (direction: string) =>
      toBinary(
        concatBytes(journal.rows.filter((row) => row.direction === direction).map((row) => row.bytes)),
      );
    expect(bytes('in')).toBe(`noise${toBinary(transfer)}`);
    expect(bytes('out')).toBe(toBinary(concatBytes(line.written)));
  });

  it('writes no ACK of a frame before its row is on disk, and that of ENQ with it', async () => {
    const { line, session, journal } = mockSession();
    let openGate: () => void = () => undefined;
    line.open();
    await session.idle();
    journal.gate = new Promise((done) => {
      openGate = done;
    });
    line.receive(Uint8Array.of(ENQ));
    await session.idle();
    // It promises nothing but to listen.
    expect(written(line)).toEqual([ACK]);
    line.receive(frames[0] ?? transfer);
    await new Promise((done) => setImmediate(done));
    expect(written(line)).toEqual([ACK]);
    openGate();
    await session.idle();
    expect(written(line)).toEqual([ACK, ACK]);
    expect(journal.rows.map((row) => row.note)).toEqual(['open', 'enq', 'ack', 'frame', 'ack']);
  });

  it('L5 answers ENQ with NAK while the journal takes no rows, and with ACK once it does', async () => {
    const { line, session, journal } = mockSession();
    line.open();
    await session.idle();
    journal.failing = true;
    line.receive(concatBytes([Uint8Array.of(ENQ), frames[0] ?? transfer]));
    await session.idle();
    expect(written(line)).toEqual([ACK, NAK]);
    line.receive(Uint8Array.of(EOT));
    await session.idle();
    line.receive(Uint8Array.of(ENQ));
    await session.idle();
    expect(written(line)).toEqual([ACK, NAK, NAK]);
    journal.failing = false;
    line.receive(Uint8Array.of(ENQ));
    await session.idle();
    expect(written(line)).toEqual([ACK, NAK, NAK, ACK]);
  });

  it('L11 answers NAK when the journal cannot take the frame, and the repeat is stored once', async () => {
    const { line, session, journal, messages } = mockSession();
    line.open();
    line.receive(Uint8Array.of(ENQ));
    await session.idle();
    journal.failing = true;
    line.receive(frames[0] ?? transfer);
    await session.idle();
    expect(written(line)).toEqual([ACK, NAK]);
    journal.failing = false;
    line.receive(concatBytes(frames));
    await session.idle();
    await until(() => expect(messages).toHaveLength(1));
    expect(session.counters().storeFailures).toBe(1);
    expect(session.counters().journalFailures).toBeGreaterThan(0);
  });

  it('L9 L5 runs the timers of the machine in virtual time', async () => {
    const { line, session, timers, incomplete } = mockSession();
    line.open();
    line.receive(concatBytes([Uint8Array.of(ENQ), frames[0] ?? transfer]));
    await session.idle();
    timers.advance(29_999);
    await session.idle();
    expect(session.state().state).toBe('receiving');
    timers.advance(1);
    await session.idle();
    await until(() => expect(incomplete).toMatchObject([{ reason: 'timeout', frames: 1 }]));
    expect(session.state().state).toBe('ready');
    const result = session.send({ bytes: TEXT });
    await session.idle();
    for (let ask = 0; ask < 6; ask += 1) {
      timers.advance(15_000);
      await session.idle();
      timers.advance(10_000);
      await session.idle();
    }
    expect(await result).toEqual({ outcome: 'aborted', reason: 'noAnswer' });
    expect(session.state().state).toBe('noAnswer');
  });

  it('sends a message and reports what the instrument said', async () => {
    const { line, session } = mockSession();
    line.onWrite = (bytes) => {
      if (bytes[0] === ENQ || bytes.length > 1) queueMicrotask(() => line.receive(Uint8Array.of(ACK)));
    };
    line.open();
    expect(await session.send({ bytes: TEXT })).toEqual({ outcome: 'accepted' });
    expect(toBinary(concatBytes(line.written))).toBe(toBinary(transfer));
    line.onWrite = (bytes) => {
      if (bytes.length > 1) queueMicrotask(() => line.receive(Uint8Array.of(NAK)));
      else if (bytes[0] === ENQ) queueMicrotask(() => line.receive(Uint8Array.of(ACK)));
    };
    expect(await session.send({ bytes: TEXT })).toEqual({ outcome: 'refused', reason: 'frameRefused' });
  });

  it('keeps the order of messages and repeats the one that could not be posted', async () => {
    const seen: string[] = [];
    let refusals = 2;
    const { line, session, timers } = mockSession({
      onMessage: async (message) => {
        const id = toBinary(message.text).slice(5, 7);
        seen.push(id);
        if (id === 'M1' && refusals > 0) {
          refusals -= 1;
          if (refusals === 0) throw new Error('posting broke');
          return 'failed';
        }
        return 'stored';
      },
    });
    line.open();
    for (const id of ['M1', 'M2']) {
      line.receive(
        concatBytes([
          Uint8Array.of(ENQ),
          ...buildFrames(fromBinary(`H|\\^&${id}\rL|1\r`)),
          Uint8Array.of(EOT),
        ]),
      );
    }
    await session.idle();
    await until(() => expect(timers.pending()).toContain(1000));
    timers.advance(1000);
    await until(() => expect(timers.pending()).toContain(2000));
    timers.advance(2000);
    await until(() => expect(seen).toEqual(['M1', 'M1', 'M1', 'M2']));
    expect(session.counters().messageFailures).toBe(2);
  });

  it('L5 answers NAK while too many messages wait', async () => {
    const { line, session } = mockSession({ maxBacklog: 1, onMessage: () => new Promise(() => undefined) });
    line.open();
    line.receive(concatBytes([transfer, transfer]));
    await session.idle();
    line.written.length = 0;
    line.receive(Uint8Array.of(ENQ));
    await session.idle();
    expect(written(line)).toEqual([NAK]);
    expect(session.counters().busy).toBe(1);
  });

  it('stops reading the line while the journal is slow, and goes on afterwards', async () => {
    const { line, session, journal, messages } = mockSession();
    let openGate: () => void = () => undefined;
    line.open();
    await session.idle();
    journal.gate = new Promise((done) => {
      openGate = done;
    });
    const many = concatBytes(Array.from({ length: 6000 }, () => transfer));
    line.receive(many.subarray(0, 300_000));
    expect(line.paused).toBe(true);
    openGate();
    await session.idle();
    expect(line.paused).toBe(false);
    await until(() => expect(messages.length).toBeGreaterThan(1000));
  });

  it('shows the state of the line and a trace with checksums', async () => {
    const { line, session, states, traces } = mockSession();
    expect(session.state().state).toBe('noAnswer');
    line.open();
    line.receive(transfer);
    const bad = (frames[0] ?? transfer).slice();
    bad[3] = 0x58;
    line.receive(concatBytes([Uint8Array.of(ENQ), bad, Uint8Array.of(EOT)]));
    await session.idle();
    line.drop();
    await session.idle();
    await session.stop();
    expect(states.map((state) => state.state).join(' ')).toContain('ready receiving');
    expect(states.at(-1)?.state).toBe('off');
    expect(traces.filter((trace) => trace.checksumOk === true)).toHaveLength(frames.length);
    expect(traces.filter((trace) => trace.checksumOk === false)).toHaveLength(1);
    expect(session.counters()).toMatchObject({ checksumErrors: 1, naksSent: 1 });
  });

  it('recovers every acknowledged message from the journal, and only those', async () => {
    const { line, session, journal, messages } = mockSession();
    line.open();
    const bad = (frames[1] ?? transfer).slice();
    bad[3] = 0x58;
    line.receive(concatBytes([transfer, transfer]));
    line.receive(
      concatBytes([
        Uint8Array.of(ENQ),
        frames[0] ?? bad,
        frames[0] ?? bad,
        bad,
        frames[1] ?? bad,
        Uint8Array.of(ENQ),
      ]),
    );
    line.receive(concatBytes(frames));
    await session.idle();
    await until(() => expect(messages).toHaveLength(3));
    const found = recoverMessages(journal.rows);
    expect(found.map((one) => [one.complete, one.frames, one.reason])).toEqual([
      [true, 5, undefined],
      [true, 5, undefined],
      [false, 2, 'restarted'],
      [true, 5, undefined],
    ]);
    expect(found.filter((one) => one.complete).map((one) => one.journal)).toEqual(
      messages.map((one) => one.journal),
    );
    expect(found.filter((one) => one.complete).every((one) => toBinary(one.text) === toBinary(TEXT))).toBe(
      true,
    );
    const paged = new MessageRecovery();
    expect(journal.rows.map((row) => paged.push(row)).filter((one) => one !== null)).toEqual(found);
    expect(paged.end()).toBeNull();
    const behind = recoverMessages(
      journal.rows.filter((row) => row.seq > (messages[1]?.journal.lastSeq ?? 0)),
    );
    expect(behind.filter((one) => one.complete)).toHaveLength(1);
  });

  it('L17 joins records without CR as the link did', async () => {
    const leniencies = ['L17-record-without-cr'] as const;
    const { line, session, journal, messages } = mockSession({ link: { leniencies: [...leniencies] } });
    line.open();
    const records = ['H|\\^&', 'P|1', 'O|1|A1', 'R|1|^^^NA|140', 'L|1|N'];
    const bare = records.map((record, at) => buildFrame(at + 1, fromBinary(record), true));
    line.receive(concatBytes([Uint8Array.of(ENQ), ...bare, Uint8Array.of(EOT)]));
    await session.idle();
    await until(() => expect(messages).toHaveLength(1));
    const recovery = new MessageRecovery(leniencies);
    const found = journal.rows.map((row) => recovery.push(row)).filter((one) => one !== null);
    expect(found.map((one) => [one.complete, toBinary(one.text)])).toEqual([[true, records.join('\r')]]);
    expect(toBinary(messages[0]!.text)).toBe(records.join('\r'));
  });

  it('R7 finds no end of a message in a record whose type only begins with L', async () => {
    const { line, session, journal } = mockSession();
    line.open();
    const sent = (text: string) =>
      concatBytes([Uint8Array.of(ENQ), ...buildFrames(fromBinary(text)), Uint8Array.of(EOT)]);
    line.receive(sent('H|\\^&\rLX|1\r'));
    line.receive(sent('H|\\^&\rLX|1\rL|1\r'));
    await session.idle();
    expect(recoverMessages(journal.rows).map((one) => one.complete)).toEqual([false, true]);
  });
});
