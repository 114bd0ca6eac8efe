import { describe, expect, it } from 'vitest';
import { concatBytes, fromBinary, toBinary } from '../../../../shared/protocols/astm/bytes.ts';
import { until } from '../../../../test/until.ts';
import { acksIn, block, blocksIn, hl7, hl7Profile, mllpSession } from './mllp-fixture.ts';
import { MllpRecovery } from './mllp-recover.ts';
import { mllpRules } from './mllp-rules.ts';

describe('M1 the line', () => {
  it('M1 hands on whole blocks with their journal row, and has every byte of both directions in the journal', async () => {
    const { line, session, journal, messages, incomplete } = mllpSession();
    line.open();
    const first = hl7();
    const bytes = concatBytes([
      fromBinary('noise'),
      block(first),
      block(hl7({ id: '2' })),
      fromBinary('\x0bhal'),
    ]);
    for (let at = 0; at < bytes.length; at += 7) line.receive(bytes.subarray(at, at + 7));
    await session.idle();
    line.drop();
    await session.idle();
    await until(() => expect(messages).toHaveLength(2));
    expect(messages[0]).toMatchObject({ frames: 1, told: 'accepted' });
    const row = journal.rows.find(({ seq }) => seq === messages[0]?.journal.lastSeq);
    expect(toBinary(row?.bytes ?? fromBinary(''))).toBe(toBinary(block(first)));
    const of = (direction: string) =>
      toBinary(
        concatBytes(journal.rows.filter((one) => one.direction === direction).map((one) => one.bytes)),
      );
    expect(of('in')).toBe(toBinary(bytes));
    expect(of('out')).toBe(toBinary(concatBytes(line.written)));
    await until(() => expect(incomplete).toMatchObject([{ reason: 'closed', frames: 0 }]));
    expect(session.counters()).toMatchObject({
      frames: 2,
      ignoredBytes: 5,
      incomplete: 1,
      acks: 2,
      messages: 2,
    });
  });

  it('M1 a block without its CR is taken after a second, and a begun one given up after thirty', async () => {
    const { line, session, timers, messages, journal } = mllpSession();
    line.open();
    line.receive(block(hl7()).subarray(0, -1));
    expect(session.state().state).toBe('receiving');
    timers.advance(1_000);
    await session.idle();
    await until(() => expect(messages).toHaveLength(1));
    expect(acksIn(line.written)).toEqual(['AA 1']);
    line.receive(fromBinary('\x0bMSH|half'));
    timers.advance(29_999);
    expect(session.state().state).toBe('receiving');
    timers.advance(1);
    await session.idle();
    expect(session.state().state).toBe('ready');
    expect(session.counters()).toMatchObject({ leniencies: 1, timeouts: 1, incomplete: 1 });
    expect(journal.rows.at(-1)).toMatchObject({ note: 'partial: M1 timeout, 8 bytes' });
  });

  it('M1 M4 a block longer than allowed is refused at its end, and one without end closes the line', async () => {
    const { line, session, messages } = mllpSession({ maxBytes: 400 });
    line.open();
    line.receive(block(hl7({ id: '7', value: '9'.repeat(500) })));
    line.receive(block(hl7({ id: '8', value: '9'.repeat(500), accept: 'AL', application: 'AL' })));
    line.receive(block(hl7({ id: '9' })));
    await session.idle();
    expect(acksIn(line.written)).toEqual(['AR 7', 'CR 8', 'AA 9']);
    expect(session.state().peer).toBe('mock');
    line.receive(fromBinary(`\x0b${'x'.repeat(1700)}`));
    await session.idle();
    expect(session.state().peer).toBe('');
    expect(session.counters()).toMatchObject({ overlong: 3 });
    await until(() => expect(messages).toHaveLength(1));
  });

  it('stops reading while the journal or the posting is behind, drops nothing, and goes on', async () => {
    let post: () => void = () => undefined;
    const gate = new Promise<void>((done) => {
      post = done;
    });
    let posted = 0;
    const { line, session, timers } = mllpSession({
      maxBacklog: 10,
      onMessage: async () => {
        await gate;
        posted += 1;
        return 'stored';
      },
    });
    line.open();
    for (let n = 0; n < 30; n += 1) line.receive(block(hl7({ id: String(n) })));
    line.receive(fromBinary('\x0bMSH|'));
    await session.idle();
    expect(line.paused).toBe(true);
    expect(line.written).toHaveLength(30);
    // It is us who do not read: silence means nothing.
    timers.advance(60_000);
    expect(session.counters().timeouts).toBeUndefined();
    post();
    await until(() => expect(posted).toBe(30));
    expect(line.paused).toBe(false);
    timers.advance(30_000);
    expect(session.counters()).toMatchObject({ timeouts: 1, busy: 1 });
  });

  it('stops reading while bytes wait for the disk', async () => {
    const { line, session, journal, messages } = mllpSession();
    line.open();
    await session.idle();
    let open: () => void = () => undefined;
    journal.gate = new Promise((done) => {
      open = done;
    });
    for (let n = 0; n < 3; n += 1) line.receive(block(hl7({ id: String(n), value: '9'.repeat(500_000) })));
    expect(line.paused).toBe(true);
    expect(line.written).toEqual([]);
    open();
    await session.idle();
    expect(line.paused).toBe(false);
    await until(() => expect(messages).toHaveLength(3));
  });
});

describe('M3 acknowledgements', () => {
  it('M3 writes nothing before the row is on disk, then AA in original mode', async () => {
    const { line, session, journal } = mllpSession();
    line.open();
    await session.idle();
    let open: () => void = () => undefined;
    journal.gate = new Promise((done) => {
      open = done;
    });
    line.receive(block(hl7({ id: 'A^7' })));
    await new Promise((done) => setImmediate(done));
    expect(line.written).toEqual([]);
    open();
    await session.idle();
    const [ack] = blocksIn(line.written);
    expect(ack).toMatch(
      /^MSH\|\^~\\&\|LEVEY\|LAB\|DEV\|BENCH\|20260729064205\+0000\|\|ACK\^R01\^ACK\|[0-9A-Z]+\|P\|2\.5\.1\rMSA\|AA\|A\^7\r$/,
    );
    expect(journal.rows.map((row) => row.note)).toEqual(['open', 'block: A^7', 'ack: M3 application A^7']);
  });

  it('M3 enhanced mode: CA once it is durable, AA once it is posted, as MSH-15 and MSH-16 ask', async () => {
    let post: () => void = () => undefined;
    const gate = new Promise<void>((done) => {
      post = done;
    });
    const { line, session } = mllpSession({
      onMessage: async () => {
        await gate;
        return 'stored';
      },
    });
    line.open();
    const asks = [
      ['AL', 'AL'],
      ['AL', 'NE'],
      ['NE', 'AL'],
      ['ER', 'ER'],
      ['SU', 'SU'],
      ['NE', 'NE'],
    ] as const;
    for (const [n, [accept, application]] of asks.entries())
      line.receive(block(hl7({ id: String(n), accept, application })));
    await session.idle();
    expect(acksIn(line.written)).toEqual(['CA 0', 'CA 1', 'CA 4']);
    post();
    await until(() => expect(acksIn(line.written).slice(3)).toEqual(['AA 0', 'AA 2', 'AA 4']));
  });

  it('M3 a profile may say how to acknowledge whatever is asked', async () => {
    for (const [acknowledge, expected] of [
      ['original', ['AA 1', 'AA 2']],
      ['enhanced', ['CA 1', 'CA 2', 'AA 1', 'AA 2']],
    ] as const) {
      const { line } = mllpSession({}, { acknowledge });
      line.open();
      line.receive(block(hl7({ id: '1' })));
      line.receive(block(hl7({ id: '2', accept: 'AL', application: 'AL' })));
      await until(() => expect(acksIn(line.written).sort()).toEqual([...expected].sort()));
    }
  });

  it('M3 the application acknowledgement waits until posting succeeds', async () => {
    let fails = 1;
    const { line, session, timers } = mllpSession({
      onMessage: async () => (fails-- > 0 ? 'failed' : 'stored'),
    });
    line.open();
    line.receive(block(hl7({ accept: 'NE', application: 'AL' })));
    await session.idle();
    await until(() => expect(timers.pending()).toContain(1000));
    expect(line.written).toEqual([]);
    timers.advance(1000);
    await until(() => expect(acksIn(line.written)).toEqual(['AA 1']));
  });

  it('M4 AE for what is not HL7, AR for a type, version or processing id that is not taken; kept, told and handed on', async () => {
    const { line, session, messages } = mllpSession();
    line.open();
    line.receive(block('hello'));
    line.receive(block(hl7({ id: '2', type: 'ADT^A01' })));
    line.receive(block(hl7({ id: '3', version: '3.0' })));
    line.receive(block(hl7({ id: '4', processing: 'X' })));
    line.receive(block(hl7({ id: '5', type: 'QBP^Q11', accept: 'AL', application: 'AL' })));
    line.receive(block(hl7({ id: '6', type: 'ADT^A01', accept: 'NE', application: 'AL' })));
    line.receive(block(hl7({ id: '7', processing: 'T' })));
    await session.idle();
    expect(acksIn(line.written)).toEqual(['AE ', 'AR 2', 'AR 3', 'AR 4', 'CR 5', 'AR 6', 'AA 7']);
    expect(blocksIn(line.written)[1]).toContain('|Unsupported message type\rERR||MSH^1^9^1^1|200^');
    await until(() =>
      expect(messages.map((message) => message.told)).toEqual([
        ...Array.from({ length: 6 }, () => 'refused'),
        'accepted',
      ]),
    );
  });

  it('M3 a batch in one block: each of its messages is acknowledged', async () => {
    const { line, session, messages } = mllpSession();
    line.open();
    line.receive(block(`BHS|^~\\&|DEV\r${hl7({ id: '1' })}${hl7({ id: '2', type: 'ADT^A01' })}BTS|2\r`));
    await session.idle();
    expect(acksIn(line.written)).toEqual(['AA 1', 'AR 2']);
    await until(() => expect(messages).toMatchObject([{ told: 'accepted' }]));
  });

  it('M3 a query is answered by its response alone, after the accept acknowledgement it asked for', async () => {
    const { line, session, messages } = mllpSession({}, { query: 'law' });
    line.open();
    const body = ['QPD|WOS|1|A1', 'RCP|I'];
    line.receive(block(hl7({ id: '1', type: 'QBP^Q11', body })));
    line.receive(block(hl7({ id: '2', type: 'QBP^Q11', body, accept: 'AL', application: 'AL' })));
    await session.idle();
    await until(() => expect(messages).toHaveLength(2));
    expect(acksIn(line.written)).toEqual(['CA 2']);
    const response = hl7({ id: 'L1', type: 'RSP^K11', body: ['MSA|AA|1', 'QAK|1|OK'] });
    expect(await session.send({ bytes: fromBinary(response) })).toEqual({ outcome: 'accepted' });
    expect(acksIn(line.written)).toEqual(['CA 2', 'AA 1']);
  });

  it('M3 M4 a full disk: AE or CE, nothing is handed on, and the repeat is taken', async () => {
    const { line, session, journal, messages } = mllpSession();
    line.open();
    await session.idle();
    journal.failing = true;
    line.receive(block(hl7({ id: '1' })));
    line.receive(block(hl7({ id: '2', accept: 'AL', application: 'AL' })));
    line.receive(block(hl7({ id: '3', accept: 'NE', application: 'AL' })));
    await session.idle();
    expect(acksIn(line.written)).toEqual(['AE 1', 'CE 2', 'AE 3']);
    expect(blocksIn(line.written)[0]).toContain('could not be stored');
    journal.failing = false;
    line.receive(block(hl7({ id: '1' })));
    await session.idle();
    expect(acksIn(line.written).at(-1)).toBe('AA 1');
    await until(() => expect(messages).toHaveLength(1));
    expect(session.counters()).toMatchObject({ storeFailures: 3, naksSent: 3, acks: 1 });
    expect(session.counters().duplicates).toBeUndefined();
    // Who does not want to be told anything learns it from the line.
    journal.failing = true;
    line.receive(block(hl7({ id: '4', accept: 'NE', application: 'NE' })));
    await session.idle();
    expect(session.state().peer).toBe('');
  });

  it('M4 a repeat is acknowledged and counted; the same MSH-10 with other content is another message', async () => {
    const { line, session, messages, journal } = mllpSession();
    line.open();
    for (const value of ['140', '140', '141']) line.receive(block(hl7({ value })));
    await session.idle();
    line.receive(block(hl7({ value: '141' })));
    await session.idle();
    expect(acksIn(line.written)).toEqual(['AA 1', 'AA 1', 'AA 1', 'AA 1']);
    await until(() => expect(messages).toHaveLength(4));
    expect(session.counters().duplicates).toBe(2);
    expect(journal.rows.at(-2)?.note).toBe('duplicate: 1');
  });
});

describe('faults of ours', () => {
  it('close the line, and what is journalled is handed on all the same', async () => {
    const { line, session, messages } = mllpSession();
    line.open();
    line.onWrite = () => {
      throw new Error('cannot write');
    };
    line.receive(block(hl7({ id: '1' })));
    await session.idle();
    await until(() => expect(messages).toHaveLength(1));
    expect(session.counters().faults).toBe(1);
    expect(session.state().peer).toBe('');
    line.onWrite = () => undefined;
    line.open();
    line.receive(block(hl7({ id: '2' })));
    await session.idle();
    expect(acksIn(line.written).at(-1)).toBe('AA 2');
  });
});

describe('recovery', () => {
  it('finds every acknowledged message again, with what was told, and nothing else', async () => {
    const { line, session, journal, messages } = mllpSession();
    line.open();
    line.receive(block(hl7()));
    line.receive(block('hello'));
    line.receive(fromBinary('\x0bhalf'));
    line.receive(block(hl7({ id: '2', accept: 'NE', application: 'NE' })));
    line.receive(block(hl7({ id: '3', type: 'ACK', body: ['MSA|AA|none of ours'] })));
    line.receive(block(hl7()));
    line.receive(block(hl7({ id: '4', value: '5'.repeat(1_100_000) })));
    await session.idle();
    await until(() => expect(messages).toHaveLength(4));
    const recovery = new MllpRecovery(mllpRules(hl7Profile()));
    const found = journal.rows.map((row) => recovery.push(row)).filter((one) => one !== null);
    expect(recovery.end()).toBeNull();
    expect(found.map((one) => [toBinary(one.text), one.told, one.complete, one.journal])).toEqual(
      messages.map((one) => [toBinary(one.text), one.told, true, one.journal]),
    );
    expect(found.map((one) => one.told)).toEqual(['accepted', 'refused', 'none', 'accepted']);
  });

  it('posts what an earlier run left before what comes', async () => {
    const { line, session, told } = mllpSession();
    session.recovered({
      text: fromBinary('earlier'),
      frames: 1,
      at: '',
      journal: { firstSeq: 1, lastSeq: 1 },
    });
    line.open();
    line.receive(block(hl7()));
    await until(() => expect(told()).toEqual(['earlier', hl7()]));
    await session.stop();
    expect(session.state().state).toBe('off');
  });
});
