/** Test help: a host that answers queries and posts what it gets, on the product's session. Used by tests only. */

import { LinkSession, type LinkSessionOptions } from '../../../main/engine/instruments/link/session.ts';
import { memoryJournal } from '../../../main/engine/instruments/link/session-fixture.ts';
import { realTimers } from '../../../main/engine/timers.ts';
import { interpretAstm } from '../../../shared/profiles/astm/interpret.ts';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import type { AstmProfile } from '../../../shared/profiles/profile.ts';
import { toBinary } from '../../../shared/protocols/astm/bytes.ts';
import { encodeAnswer } from '../../../shared/protocols/astm/encode.ts';
import { component, decodeMessages } from '../../../shared/protocols/astm/records.ts';

/** A host for one analyser. `orders` by specimen, instrument codes; `silent` makes it never answer queries. */
export function testHost(
  profile: AstmProfile,
  orders: Map<string, string[]>,
  options: Pick<LinkSessionOptions, 'transport'> & Partial<LinkSessionOptions> & { silent?: boolean },
) {
  const journal = memoryJournal();
  const results: CanonicalResult[] = [];
  const problems: string[] = [];
  /** message control id (H-3) -> how often it came */
  const messages = new Map<string, number>();
  /** the same, repeats of identical bytes counted once */
  const texts = new Set<string>();
  const { delimiters, charset, testsPerOrder, answer: form } = profile.dialect;
  const codeComponent = profile.dialect.orderComponent ?? profile.dialect.codeComponent;
  const orderCode = (code: string) => profile.tests.find((one) => one.code === code)?.order ?? code;
  const session = new LinkSession({
    instrumentId: 'SIM',
    journal,
    clock: { now: () => new Date('2026-07-29T06:42:05.118Z') },
    timers: realTimers,
    link: { leniencies: profile.link.leniencies },
    frameText: profile.link.frameText,
    frameLayout: profile.link.frameLayout,
    onMessage: async (message) => {
      const repeated = texts.has(toBinary(message.text));
      texts.add(toBinary(message.text));
      for (const decoded of decodeMessages(message.text, { charset })) {
        const found = interpretAstm(decoded, profile);
        const [header] = decoded.records;
        const id = header === undefined ? '' : component(header, 3);
        messages.set(id, (messages.get(id) ?? 0) + 1);
        problems.push(
          ...[found, ...found.results, ...found.queries].flatMap((one) => one.problems.map((p) => p.code)),
        );
        if (!repeated) results.push(...found.results);
        if (found.queries.length === 0 || options.silent === true) continue;
        const work = found.queries.flatMap((query) =>
          query.specimenIds.map((specimenId) => ({
            specimenId,
            codes: [...new Set((orders.get(specimenId) ?? []).map(orderCode))],
            echo: query.echo?.[specimenId]?.split('^') ?? [],
          })),
        );
        const how = { delimiters, charset, testsPerOrder, codeComponent, answer: form };
        const answer = { sender: 'LEVEY', time: '20260729064205', ...how };
        void session.send({ bytes: encodeAnswer(work, answer).bytes });
      }
      return 'stored';
    },
    ...options,
  });
  return { session, journal, results, problems, messages };
}
