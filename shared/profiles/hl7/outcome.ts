/** What a device says of orders it was given: ORL^O22, O34, O36 …, ORR^O02. */
import type { Hl7Message } from '../../protocols/hl7/message.ts';
import type { Hl7Segment } from '../../protocols/hl7/segment.ts';
import type { OrderOutcome } from '../canonical.ts';
import { at } from './places.ts';
import { nearest, type OrderGroup, orderGroups } from './tree.ts';

/** ORC-1 (table 0119) of an order that was taken, changed or cancelled as we asked; the last four repeat what we asked. */
const TAKEN = new Set([
  ...['OK', 'NA', 'CR', 'DR', 'XR', 'RR', 'HR', 'SR', 'SC', 'AF', 'OF', 'RO'],
  ...['NW', 'CA', 'DC', 'RP'],
]);

/** In words where a device gives none. */
const REFUSED: Readonly<Record<string, string>> = {
  UA: 'unable to accept the order',
  UC: 'unable to cancel the order',
  UD: 'unable to discontinue the order',
  UX: 'unable to change the order',
  UR: 'unable to release the order',
  UM: 'unable to refill the order',
  DE: 'errors in the order',
};

const ACCEPTED = new Set(['AA', 'CA', '']);

/** One outcome per ORC; with none, or when the whole message was refused without any, one for the whole. */
export function readOutcomes(message: Hl7Message): OrderOutcome[] {
  const msa = message.segment('MSA');
  const inReplyTo = msa?.value(2).trim() ?? '';
  const told = msa?.value(1).trim() ?? '';
  const whole = ACCEPTED.has(told);
  const words = wordsOf(message, msa);
  const outcomes = orderGroups(message).groups.flatMap((group) =>
    group.order
      .filter((one) => one.id === 'ORC')
      .map((orc): OrderOutcome => {
        const control = orc.value(1).trim();
        const taken = whole && TAKEN.has(control);
        const own = [orc.value(16, 2).trim() || orc.value(16, 1).trim(), words].filter(Boolean).join('; ');
        return {
          specimenId: specimenOf(group),
          placer: orc.value(2, 1).trim() || (nearest(group, null, 'OBR')?.value(2, 1).trim() ?? ''),
          taken,
          text: taken ? own : own || REFUSED[control] || `answered ${control || told || 'nothing'}`,
          inReplyTo,
        };
      }),
  );
  if (outcomes.length > 0) return outcomes;
  const text = whole ? words : words || `answered ${told}`;
  return [{ specimenId: '', placer: '', taken: whole, text, inReplyTo }];
}

function specimenOf(group: OrderGroup): string {
  for (const place of ['SPM-2.1', 'SAC-3.1']) {
    const found = at(group, null, place);
    if (found !== null) return found.text;
  }
  return '';
}

/** MSA-3 and every ERR: the text for people, else the diagnosis, else the code's text, else what stands where old versions have it. */
function wordsOf(message: Hl7Message, msa: Hl7Segment | undefined): string {
  const texts = message
    .all('ERR')
    .map((err) =>
      [err.value(8), err.value(7), err.value(3, 2), err.value(5, 2), err.value(3, 1), err.value(1, 4, 2)]
        .map((one) => one.trim())
        .find((one) => one !== ''),
    );
  return [...new Set([msa?.value(3).trim() ?? '', ...texts.map((one) => one ?? '')])]
    .filter(Boolean)
    .join('; ');
}
