import { describe, expect, it } from 'vitest';
import { builtinProfile } from '../../../shared/profiles/builtin.ts';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import { readReceived } from './reading.ts';

/** R10: what instruments print on the days on which the clocks are changed, and the instant it is taken for. */

const DUBLIN = 'Europe/Dublin';
const NEW_YORK = 'America/New_York';

/** The one result of a message, as it is read when it came at `at`. */
function resultOf(profileId: string, text: string, timeZone: string, at?: string): CanonicalResult {
  const message = { text: Buffer.from(text, 'latin1'), ...(at === undefined ? {} : { at }) };
  const [one] = readReceived(message, builtinProfile(profileId)!, timeZone);
  expect(one?.results).toHaveLength(1);
  return one!.results[0]!;
}

interface Printed {
  zone?: string;
  /** R-13, and where they are given H-14 and R-12: local times */
  completed: string;
  sent?: string;
  started?: string;
  /** receipt, an instant */
  at?: string | undefined;
}

const astm = ({ zone = DUBLIN, completed, sent = '', started = '', at }: Printed) =>
  resultOf(
    'generic-astm',
    [
      `H|\\^&|||DEV^1^SN1|||||||P|1|${sent}`,
      'P|1',
      'O|1|A1||^^^GLU',
      `R|1|^^^GLU|5.4|mmol/L||N||F||kim|${started}|${completed}`,
      'L|1|N',
      '',
    ].join('\r'),
    zone,
    at,
  );

/** Its instant, and what a person is told of it. */
const timeOf = ({ completedAt, problems }: CanonicalResult) => [
  completedAt.instant,
  ...problems.map((problem) => `${problem.severity} ${problem.code}: ${problem.text}`),
];
const twice = (taken: string, other: string) =>
  `notice clockChange: The clocks were put back: its time came twice. Taken as ${taken} UTC; it may have been ${other} UTC.`;

describe('R10 the hour that comes twice', () => {
  it.each<[string, Printed, string]>([
    [
      'before the second one began it was the first',
      { completed: '20261025012000', sent: '20261025012100', at: '2026-10-25T00:21:30.000Z' },
      '2026-10-25T00:20:00.000Z',
    ],
    [
      'in New York, too',
      { zone: NEW_YORK, completed: '20261101012000', at: '2026-11-01T05:21:30.000Z' },
      '2026-11-01T05:20:00.000Z',
    ],
    [
      'a message that says an earlier time than its result was sent in the second one',
      { completed: '20261025015000', sent: '20261025011000', at: '2026-10-25T09:00:00.000Z' },
      '2026-10-25T00:50:00.000Z',
    ],
    [
      'an end before its start is in the second one',
      {
        started: '20261025015500',
        completed: '20261025011000',
        sent: '20261025090000',
        at: '2026-10-25T09:00:01.000Z',
      },
      '2026-10-25T01:10:00.000Z',
    ],
    [
      'an offset behind the time says which',
      { completed: '20261025012000+0100', at: '2026-10-25T09:00:00.000Z' },
      '2026-10-25T00:20:00.000Z',
    ],
    [
      'the last second before it is certain',
      { completed: '20261025005959', at: '2026-10-25T09:00:00.000Z' },
      '2026-10-24T23:59:59.000Z',
    ],
    [
      'the first second behind it is certain',
      { completed: '20261025020000', at: '2026-10-25T09:00:00.000Z' },
      '2026-10-25T02:00:00.000Z',
    ],
    [
      'in New York, too',
      { zone: NEW_YORK, completed: '20261101020000', at: '2026-11-01T09:00:00.000Z' },
      '2026-11-01T07:00:00.000Z',
    ],
  ])('%s', (_, printed, instant) => {
    expect(timeOf(astm(printed))).toEqual([instant]);
  });

  it('stays open when it came later: the latest that is possible is taken, and a person is told both', () => {
    const late = [
      { completed: '20261025012000', sent: '20261025012100', at: '2026-10-25T01:21:30.000Z' },
      { completed: '20261025012000', sent: '20261025090000', at: '2026-10-25T09:00:00.000Z' },
      // Sent in the same minute: no sign that the clock went back.
      { completed: '20261025012030', sent: '202610250120', at: '2026-10-25T09:00:00.000Z' },
      // The analyser's clock is a little fast.
      { completed: '20261025012000', at: '2026-10-25T01:15:00.000Z' },
      { completed: '20261025012000' },
    ];
    for (const printed of late) {
      const [instant, ...told] = timeOf(astm(printed));
      expect(instant?.slice(0, 16)).toBe('2026-10-25T01:20');
      expect(told).toEqual([twice('2026-10-25 01:20', '2026-10-25 00:20')]);
    }
    expect(
      timeOf(astm({ zone: NEW_YORK, completed: '20261101012000', at: '2026-11-01T06:25:00.000Z' })),
    ).toEqual(['2026-11-01T06:20:00.000Z', twice('2026-11-01 06:20', '2026-11-01 05:20')]);
  });

  it('is told by the offset of MSH-7, which does not change the times around it', () => {
    const oru = (sent: string, completed: string, at = '2026-10-25T09:00:00.000Z') =>
      timeOf(
        resultOf(
          'generic-hl7',
          [
            `MSH|^~\\&|DEV|LAB|LEVEY|B1|${sent}||ORU^R01|1|P|2.5.1`,
            'PID|1',
            'OBR|1||A1|GLU',
            `OBX|1|NM|GLU||5.4|mmol/L||N|||F|||${completed}`,
            '',
          ].join('\r'),
          DUBLIN,
          at,
        ),
      );
    const behind = '20261025015500';
    expect(oru(`${behind}+0100`, '20261025012000')).toEqual(['2026-10-25T00:20:00.000Z']);
    expect(oru(`${behind}+0000`, '20261025005000')).toEqual(['2026-10-24T23:50:00.000Z']);
    expect(oru(behind, '20261025012000-0500')).toEqual(['2026-10-25T06:20:00.000Z']);
    // Sent in or behind the second one it may be of either.
    for (const sent of [behind, `${behind}+0000`, '20261025090000+0000'])
      expect(oru(sent, '20261025012000')).toEqual([
        '2026-10-25T01:20:00.000Z',
        twice('2026-10-25 01:20', '2026-10-25 00:20'),
      ]);
    // A device that keeps the time of another zone is read by that.
    expect(oru('20261025015500-0500', '20261025012000')).toEqual(['2026-10-25T06:20:00.000Z']);
  });

  it('is told of lines of files, too', () => {
    const csv = (at: string) =>
      timeOf(
        resultOf(
          'generic-csv',
          'specimen,test,value,unit,flag,status,measured,operator\nA1,GLU,5.4,mmol/L,,F,2026-10-25 01:20:00,kim\n',
          DUBLIN,
          at,
        ),
      );
    expect(csv('2026-10-25T00:30:00.000Z')).toEqual(['2026-10-25T00:20:00.000Z']);
    expect(csv('2026-10-26T00:30:00.000Z')).toEqual([
      '2026-10-25T01:20:00.000Z',
      twice('2026-10-25 01:20', '2026-10-25 00:20'),
    ]);
  });
});

describe('R10 the hour that never comes', () => {
  const never = (taken: string) =>
    `notice clockChange: The clocks were put forward: its time never came. Taken as ${taken} UTC.`;

  it('is that of a clock that was not put forward, and a person is told', () => {
    expect(timeOf(astm({ completed: '20260329013000', at: '2026-03-29T01:31:00.000Z' }))).toEqual([
      '2026-03-29T01:30:00.000Z',
      never('2026-03-29 01:30'),
    ]);
    expect(
      timeOf(astm({ zone: NEW_YORK, completed: '20260308023000', at: '2026-03-08T07:31:00.000Z' })),
    ).toEqual(['2026-03-08T07:30:00.000Z', never('2026-03-08 07:30')]);
  });

  it('has ordinary times on both sides', () => {
    expect(timeOf(astm({ completed: '20260329005959' }))).toEqual(['2026-03-29T00:59:59.000Z']);
    expect(timeOf(astm({ completed: '20260329020000' }))).toEqual(['2026-03-29T01:00:00.000Z']);
    expect(timeOf(astm({ zone: NEW_YORK, completed: '20260308030000' }))).toEqual([
      '2026-03-08T07:00:00.000Z',
    ]);
  });
});
