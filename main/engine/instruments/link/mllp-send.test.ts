import { describe, expect, it } from 'vitest';
import { fromBinary, toBinary } from '../../../../shared/protocols/astm/bytes.ts';
import { until } from '../../../../test/until.ts';
import { ackOf, block, blocksIn, hl7, mllpSession } from './mllp-fixture.ts';

const ORDER = ['SPM|1|A1', 'ORC|NW|1', 'OBR|1|1||NA'];
const order = (id: string, accept = '', application = '') =>
  hl7({ id, type: 'OML^O33', body: ORDER, accept, application });

/** A session and what it has sent, by MSH-10. */
function sending(options: Parameters<typeof mllpSession>[0] = {}) {
  const made = mllpSession(options);
  const sent = () => blocksIn(made.line.written).map((text) => text.split('|')[9]);
  const send = (text: string) => made.session.send({ bytes: fromBinary(text) });
  return { ...made, sent, send, answer: (text: string) => made.line.receive(block(text)) };
}

describe('M3 what a message of ours waits for', () => {
  it('M3 original mode: AA ends it, and the next one goes', async () => {
    const { line, sent, send, answer, session, journal } = sending();
    line.open();
    const first = send(order('S1'));
    const second = send(order('S2'));
    expect(session.state()).toMatchObject({ state: 'sending', sending: true });
    expect(sent()).toEqual(['S1']);
    answer(ackOf('S1'));
    expect(await first).toEqual({ outcome: 'accepted' });
    expect(sent()).toEqual(['S1', 'S2']);
    answer(ackOf('S2'));
    expect(await second).toEqual({ outcome: 'accepted' });
    expect(session.state()).toMatchObject({ state: 'ready', sending: false });
    await session.idle();
    expect(journal.rows.map((row) => row.note)).toEqual([
      'open',
      'send: S1',
      'answer: RS1',
      'send: S2',
      'answer: RS2',
    ]);
  });

  it('M3 enhanced mode: waits for the accept and the application acknowledgement it asked for', async () => {
    const { line, send, answer } = sending();
    line.open();
    for (const [accept, application, answers] of [
      ['AL', 'NE', ['CA']],
      ['NE', 'AL', ['AA']],
      ['AL', 'AL', ['CA', 'AA']],
      ['AL', 'AL', ['AA']],
      ['ER', 'NE', []],
      ['NE', 'NE', []],
      ['ER', 'ER', []],
      ['SU', 'NE', ['CA']],
      ['NE', 'SU', ['AA']],
      ['SU', 'SU', ['CA', 'AA']],
      ['SU', 'SU', ['AA']],
      ['SU', 'ER', ['CA']],
      ['', 'SU', ['AA']],
      // Read as AL, as it is in messages that come.
      ['yes', 'yes', ['CA', 'AA']],
    ] as const) {
      const id = `${accept}${application}${answers.length}`;
      let result: unknown = null;
      void send(order(id, accept, application)).then((one) => {
        result = one;
      });
      for (const code of answers) {
        await Promise.resolve();
        expect(result).toBeNull();
        answer(ackOf(id, code));
      }
      await until(() => expect(result).toEqual({ outcome: 'accepted' }));
    }
  });

  it('M4 AE, AR, CE and CR refuse it, with the words of the peer, also where it asked for success alone', async () => {
    const { line, send, answer } = sending();
    line.open();
    for (const asked of ['AL', 'SU']) {
      for (const code of ['AE', 'AR', 'CE', 'CR']) {
        const id = `${asked}${code}`;
        const result = send(order(id, asked, asked));
        answer(ackOf(id, code, 'Sample unknown'));
        expect(await result).toEqual({
          outcome: 'refused',
          reason: 'answer',
          text: `${code}: Sample unknown`,
        });
      }
    }
    const old = send(order('E1'));
    answer(
      hl7({ id: 'x', type: 'ACK', body: ['MSA|AR|E1', 'ERR||PID^1|101^Required field missing^HL70357|E'] }),
    );
    expect(await old).toMatchObject({ outcome: 'refused', text: 'AR: Required field missing' });
  });

  it('M3 a response that names our message ends it, is handed on, and gets CA where it asks for it', async () => {
    const { line, send, answer, told, session, journal } = sending();
    line.open();
    const result = send(order('S1', 'NE', 'AL'));
    const body = ['MSA|AA|S1', 'SPM|1|A1', 'ORC|OK|1'];
    const response = hl7({ id: 'D1', type: 'ORL^O34', body, accept: 'AL', application: 'NE' });
    answer(response);
    expect(await result).toEqual({ outcome: 'accepted' });
    await until(() => expect(told()).toEqual([response]));
    await session.idle();
    expect(blocksIn(line.written)[1]).toContain('MSA|CA|D1');
    expect(journal.rows.map((row) => row.note?.split(':')[0])).toEqual(['open', 'send', 'block', 'ack']);
    // In original mode nobody answers an answer.
    const second = send(order('S2'));
    answer(hl7({ id: 'D2', type: 'ORL^O34', body: ['MSA|AE|S2|No', 'ORC|UA|1'] }));
    expect(await second).toMatchObject({ outcome: 'refused', text: 'AE: No' });
    await until(() => expect(told()).toHaveLength(2));
    expect(blocksIn(line.written)).toHaveLength(3);
  });

  it('M4 late and unknown answers are counted and harmless', async () => {
    const { line, send, answer, session, told } = sending();
    line.open();
    const first = send(order('S1'));
    answer(ackOf('nobody', 'AE'));
    answer(ackOf('S1'));
    expect(await first).toEqual({ outcome: 'accepted' });
    const second = send(order('S2'));
    answer(ackOf('S1', 'AR'));
    answer(ackOf('S2'));
    expect(await second).toEqual({ outcome: 'accepted' });
    await session.idle();
    expect(session.counters()).toMatchObject({ strayAnswers: 2, 'sends.accepted': 2 });
    expect(told()).toEqual([]);
    expect(line.written).toHaveLength(2);
  });
});

describe('M4 repeats', () => {
  it('M4 sends the same bytes again after ackMs, and gives up after the last repeat', async () => {
    const { line, send, timers, sent, session, answer } = sending({ ackMs: 5_000, repeats: 2 });
    line.open();
    const result = send(order('S1'));
    const next = send(order('S2'));
    timers.advance(4_999);
    expect(sent()).toEqual(['S1']);
    timers.advance(1 + 5_000 + 5_000);
    expect(await result).toEqual({ outcome: 'aborted', reason: 'noAnswer' });
    expect(sent()).toEqual(['S1', 'S1', 'S1', 'S2']);
    expect(toBinary(line.written[0] ?? fromBinary(''))).toBe(toBinary(line.written[2] ?? fromBinary('')));
    expect(session.counters()).toMatchObject({ timeouts: 3, retries: 2, 'sends.aborted': 1 });
    expect(session.state().state).toBe('noAnswer');
    answer(ackOf('S2'));
    expect(await next).toEqual({ outcome: 'accepted' });
    expect(session.state().state).toBe('ready');
  });

  it.each(['AL', 'SU'])(
    'M4 a message that asks for %s and was received but never processed says so',
    async (asked) => {
      const { line, send, sent, timers, answer } = sending({ ackMs: 5_000, repeats: 1 });
      line.open();
      const result = send(order('S1', asked, asked));
      answer(ackOf('S1', 'CA'));
      timers.advance(10_000);
      expect(await result).toEqual({ outcome: 'aborted', reason: 'noResponse' });
      // M3 a peer that was asked for success alone says nothing of an error: the same MSH-10 asks again.
      expect(sent()).toEqual(['S1', 'S1']);
    },
  );

  it('M4 goes on over a new connection with the same MSH-10, and waits for one that is not there', async () => {
    const { line, send, timers, sent, answer } = sending({ repeats: 2 });
    const result = send(order('S1'));
    timers.advance(600_000);
    expect(sent()).toEqual([]);
    line.open();
    expect(sent()).toEqual(['S1']);
    line.drop();
    timers.advance(600_000);
    line.open();
    expect(sent()).toEqual(['S1', 'S1']);
    answer(ackOf('S1'));
    expect(await result).toEqual({ outcome: 'accepted' });
    line.drop();
    line.open();
    expect(sent()).toEqual(['S1', 'S1']);
  });

  it('M4 a line that is lost with every attempt ends the message, and stopping ends the rest', async () => {
    const { line, send, session } = sending({ repeats: 1 });
    const first = send(order('S1'));
    const second = send(order('S2'));
    for (let n = 0; n < 3; n += 1) {
      line.open();
      line.drop();
    }
    expect(await first).toEqual({ outcome: 'aborted', reason: 'noAnswer' });
    await session.stop();
    expect(await second).toEqual({ outcome: 'aborted', reason: 'cancelled' });
  });

  it('M3 an answer of ours overtakes a message that waits, and is not kept for another line', async () => {
    const { line, send, sent } = sending();
    line.open();
    void send(order('S1'));
    const response = (id: string) => hl7({ id, type: 'RSP^K11', body: ['MSA|AA|Q1', 'QAK|1|OK'] });
    expect(await send(response('L1'))).toEqual({ outcome: 'accepted' });
    expect(sent()).toEqual(['S1', 'L1']);
    const asked = send(hl7({ id: 'L2', type: 'RSP^K11', body: ['MSA|AA|Q2'], accept: 'AL' }));
    line.drop();
    expect(await asked).toEqual({ outcome: 'aborted', reason: 'closed' });
    expect(await send(response('L3'))).toEqual({ outcome: 'aborted', reason: 'closed' });
    line.open();
    expect(sent()).toEqual(['S1', 'L1', 'L2', 'S1']);
  });

  it('silence while we do not read is no silence of the peer', async () => {
    const { line, send, timers, sent, session } = sending({
      ackMs: 5_000,
      maxBacklog: 1,
      onMessage: () => new Promise(() => undefined),
    });
    line.open();
    line.receive(block(hl7({ id: '1' })));
    line.receive(block(hl7({ id: '2' })));
    await session.idle();
    expect(line.paused).toBe(true);
    void send(order('S1'));
    timers.advance(60_000);
    expect(sent().filter((id) => id === 'S1')).toHaveLength(1);
  });

  it('does not send what no answer could name', async () => {
    const { line, send } = sending();
    line.open();
    for (const text of ['hello', order(''), order('S1') + order('S2')])
      expect(await send(text)).toEqual({ outcome: 'aborted', reason: 'unreadable' });
    expect(line.written).toEqual([]);
  });
});
