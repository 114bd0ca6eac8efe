/** The session and the journal's reader for a profile's protocol. */
import { LeveyError } from '../../../../shared/errors.ts';
import type { FileProfile, Profile } from '../../../../shared/profiles/profile.ts';
import { framingOf } from '../../../../shared/protocols/stream/framing.ts';
import type { StationInstrument } from '../../../../shared/station/schema.ts';
import { openTransport, type StreamTransport } from '../transports/open.ts';
import type { Transport } from '../transports/transport.ts';
import { nodeFiles } from './folder-files.ts';
import { FolderRecovery } from './folder-recover.ts';
import { FolderSession } from './folder-session.ts';
import type { Folder } from './folder-types.ts';
import { MllpRecovery } from './mllp-recover.ts';
import { mllpRules } from './mllp-rules.ts';
import { MllpSession } from './mllp-session.ts';
import type { LineSession, LineSessionOptions, Recovery } from './ports.ts';
import { MessageRecovery } from './recover.ts';
import { LinkSession } from './session.ts';
import { StreamRecovery } from './stream-recover.ts';
import { StreamSession } from './stream-session.ts';

/** @param place where the device is: a byte stream, or the folder it writes to. Opens nothing yet: see {@link LineSession.start}. */
export function sessionFor(
  profile: Profile,
  options: LineSessionOptions & {
    place: StationInstrument['transport'];
    /** puts something between the transport and the session; a folder has no transport */
    through?: ((transport: Transport) => Transport) | null;
  },
): LineSession {
  const { place, through = null } = options;
  if ((place.kind === 'folder') !== (profile.protocol === 'file')) throw misplaced(profile, place.kind);
  if (profile.protocol === 'file')
    return new FolderSession({ ...options, folder: place as Folder, profile, files: nodeFiles });
  const opened = openTransport(place as StreamTransport, options.timers);
  return sessionOver(profile, { ...options, transport: through?.(opened) ?? opened });
}

/** The session of a device on a byte stream. Opens nothing yet. */
export function sessionOver(
  profile: Exclude<Profile, FileProfile>,
  options: LineSessionOptions & { transport: Transport },
): LineSession {
  switch (profile.protocol) {
    case 'astm': {
      const { maxFailures, replyMs, receiveMs, leniencies, frameText, frameLayout } = profile.link;
      return new LinkSession({
        ...options,
        link: { maxFailures, replyMs, receiveMs, leniencies },
        frameText,
        frameLayout,
      });
    }
    case 'hl7': {
      const { ackMs, repeats, maxBytes } = profile.link;
      return new MllpSession({
        ...options,
        rules: mllpRules(profile),
        ackMs,
        repeats,
        maxBytes,
      });
    }
    case 'stream':
      return new StreamSession({ ...options, framing: framingOf(profile.link) });
  }
}

function misplaced(profile: Profile, kind: string): LeveyError {
  return new LeveyError({
    code: 'station.profileTransport',
    what: `The profile ${profile.id} cannot be used with the transport ${kind}.`,
    safe: 'Nothing was started and nothing was changed.',
    todo: 'In the station file, give profiles that read files a folder, and all others a TCP or serial line (docs/station.md).',
  });
}

/** Finds acknowledged messages again in the journal rows of an instrument of this protocol. */
export function recoveryFor(profile: Profile): Recovery {
  switch (profile.protocol) {
    case 'astm':
      return new MessageRecovery(profile.link.leniencies);
    case 'hl7':
      return new MllpRecovery(mllpRules(profile));
    case 'stream':
      return new StreamRecovery(framingOf(profile.link));
    case 'file':
      return new FolderRecovery();
  }
}
