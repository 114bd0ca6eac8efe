/** A device that speaks ASTM: the product's own link machine in the instrument's role. */
import { LinkSession } from '../../../../main/engine/instruments/link/session.ts';
import type { AstmProfile } from '../../../../shared/profiles/profile.ts';
import type { LinkOptions } from '../../../../shared/protocols/astm/link.ts';
import { decodeMessages } from '../../../../shared/protocols/astm/records.ts';
import { faultyTransport } from '../faults.ts';
import { queryMessage, readAnswer, resultMessage } from '../messages.ts';
import type { DeviceSpeaker, SpeakerContext } from './speaker.ts';

/** @param link changes of the profile's link, for tests */
export function astmSpeaker(
  profile: AstmProfile,
  context: SpeakerContext,
  link: Partial<LinkOptions> = {},
): DeviceSpeaker {
  const { transport, faults, serial, operator } = context;
  if (transport === undefined) throw new Error(`${profile.id} needs a line`);
  const speaker = { profile, serial, operator };
  let rows = 0;
  const session = new LinkSession({
    instrumentId: serial,
    role: 'instrument',
    link: { maxFailures: profile.link.maxFailures, ...link },
    frameText: profile.link.frameText,
    frameLayout: profile.link.frameLayout,
    transport:
      faults === undefined
        ? transport
        : faultyTransport(transport, { ...faults, onFault: context.onFault }, context.timers),
    journal: {
      appendDurable: async () => {
        rows += 1;
        return rows;
      },
    },
    clock: context.clock,
    timers: context.timers,
    onMessage: async (message) => {
      for (const decoded of decodeMessages(message.text, { charset: profile.dialect.charset }))
        context.onOrders(readAnswer(decoded, profile));
      return 'stored';
    },
    onState: (state) => context.onState(state.state, state.text),
  });
  return {
    start: () => session.start(),
    stop: () => session.stop(),
    send: (bytes) => session.send({ bytes }),
    results: (about) => resultMessage(speaker, about),
    query: (id, specimenId, at) => queryMessage(speaker, id, specimenId, at),
    counters: () => session.counters(),
    state: () => session.state().state,
  };
}
