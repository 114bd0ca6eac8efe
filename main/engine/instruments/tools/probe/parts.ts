/** The active self-test of each protocol, and what a device will see of it. */
import { canDownload, canQuery } from '../../../../../shared/profiles/orders/encode.ts';
import type { Profile } from '../../../../../shared/profiles/profile.ts';
import * as astmListen from './astm-listen.ts';
import * as astmSpeak from './astm-speak.ts';
import * as mllpListen from './mllp-listen.ts';
import * as mllpSpeak from './mllp-speak.ts';
import { TEST_SPECIMEN, TestOrder } from './order.ts';
import type { Listening, ProbeContext } from './part.ts';
import type { ProbeStep } from './steps.ts';
import * as streamListen from './stream-listen.ts';

export interface ProbePart {
  steps: readonly ProbeStep[];
  /** The first part: the test has the line and speaks as the host. */
  speak(context: ProbeContext): Promise<void>;
  /** The second part: the device asks and sends. */
  listen(context: ProbeContext): Listening;
}

/** The script for a profile; null: a device that leaves files is asked nothing. */
export function partFor(profile: Profile): ProbePart | null {
  switch (profile.protocol) {
    case 'astm':
      return {
        steps: [...astmSpeak.SPEAK_STEPS, ...astmListen.LISTEN_STEPS],
        speak: astmSpeak.speakAstm,
        listen: (context) => new astmListen.AstmListening(context),
      };
    case 'hl7':
      return {
        steps: [...mllpSpeak.SPEAK_STEPS, ...mllpListen.LISTEN_STEPS],
        speak: mllpSpeak.speakMllp,
        listen: (context) => new mllpListen.MllpListening(context),
      };
    case 'stream':
      return {
        steps: streamListen.LISTEN_STEPS,
        speak: async () => undefined,
        listen: (context) => new streamListen.StreamListening(context, profile),
      };
    case 'file':
      return null;
  }
}

/** What the device will see, in sentences, in the order in which it comes. */
export function seesOf(profile: Profile, how: { simulator: boolean; quick: boolean }): string[] {
  const { code } = new TestOrder(profile, '', '');
  const order = `specimen ${TEST_SPECIMEN}, test ${code}, patient SELFTEST (nobody)`;
  const sees: string[] = [];
  const { query, download } = profile.capabilities;
  if (profile.protocol === 'astm' && (query || download)) {
    sees.push('ENQ; then frames with a wrong checksum and a wrong number, which it has to refuse.');
    sees.push('EOT in the middle of a message.');
  }
  if (profile.protocol === 'hl7' && canDownload(profile))
    sees.push('A message of the type ZZT^Z99 and an order without a specimen, which it has to refuse.');
  if (canDownload(profile)) sees.push(`One order: ${order}; and its cancellation.`);
  if (profile.protocol === 'astm' && (query || download) && !how.quick)
    sees.push('A transfer in which nothing comes for 30 s.');
  if (profile.protocol === 'astm') {
    sees.push(
      'ENQ in answer to its first ENQ, and NAK in answer to its first frame, which it has to send again.',
    );
    if (how.simulator) sees.push('EOT in place of one ACK.');
  }
  if (profile.protocol === 'hl7')
    sees.push('Its first message with results is not acknowledged, so that it has to send it again.');
  if (profile.protocol === 'stream' && profile.link.handshake !== 'none')
    sees.push('Its first block is answered NAK and the next one not at all; it has to send each again.');
  if (canQuery(profile))
    sees.push(
      how.simulator
        ? `When it asks for ${TEST_SPECIMEN}: the test ${code}. For any other number: nothing to do.`
        : `When it asks for ${TEST_SPECIMEN}: nothing to do. Other specimens are answered as always.`,
    );
  sees.push(
    how.simulator
      ? 'What it sends is judged and not stored.'
      : `What it sends is received as always. Results of ${TEST_SPECIMEN} become an exception, unknown specimen: reject them there.`,
  );
  return sees;
}
