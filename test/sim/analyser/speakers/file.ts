/** A device that leaves files in a folder: a message is taken when its file is gone from there. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileProfile } from '../../../../shared/profiles/profile.ts';
import { DEFAULT_RATES, type FaultName } from '../faults.ts';
import { seeded } from '../random.ts';
import { renderResults } from './render.ts';
import type { DeviceSpeaker, SpeakerContext } from './speaker.ts';

/** How often the folder is looked at, how long a file may stay, and how long the device pauses in the middle of one, milliseconds. */
const LOOK_MS = 50;
const TAKEN_MS = 30_000;
const PAUSE_MS = 400;

/** The file system a device writes to; tests may have their own. */
export interface DeviceFiles {
  write(path: string, bytes: Uint8Array): Promise<void>;
  append(path: string, bytes: Uint8Array): Promise<void>;
  exists(path: string): boolean;
}

const computer: DeviceFiles = { write: writeFile, append: appendFile, exists: existsSync };

export function fileSpeaker(profile: FileProfile, context: SpeakerContext): DeviceSpeaker {
  const { folder, timers, faults, files = computer } = context;
  if (folder === undefined) throw new Error(`${profile.id} needs a folder`);
  const random = seeded(faults?.seed ?? 1);
  const ending = profile.link.pattern.includes('.') ? profile.link.pattern.replace(/^.*\./, '.') : '.txt';
  const counters: Record<string, number> = {};
  let stopped = true;
  let number = 0;
  const strikes = (name: FaultName): boolean => {
    if (faults === undefined || random() >= ((faults.rates ?? DEFAULT_RATES)[name] ?? 0)) return false;
    context.onFault(name);
    return true;
  };
  const pause = (ms: number): Promise<void> => new Promise((done) => void timers.set(ms, () => done()));
  const device = { profile, serial: context.serial, operator: context.operator };
  const run = randomUUID().slice(0, 8);
  return {
    start() {
      stopped = false;
      context.onState('ready', `writing to ${folder}`);
    },
    async stop() {
      stopped = true;
    },
    async send(message) {
      number += 1;
      const path = join(folder, `${run}-${number}${ending}`);
      const half = Math.floor(random() * message.length);
      if (strikes('hangUp')) {
        // The device stops in the middle of its file, and writes the whole again into another one.
        await files.write(path, message.subarray(0, half));
        return { outcome: 'aborted', reason: 'closed' };
      }
      if (strikes('splitPackets')) {
        await files.write(path, message.subarray(0, half));
        await pause(PAUSE_MS);
        await files.append(path, message.subarray(half));
      } else await files.write(path, message);
      counters.files = (counters.files ?? 0) + 1;
      for (let waited = 0; waited < TAKEN_MS && !stopped; waited += LOOK_MS) {
        await pause(LOOK_MS);
        if (!files.exists(path)) return { outcome: 'accepted' };
      }
      return { outcome: 'aborted', reason: 'noAnswer' };
    },
    results: (about) =>
      new TextEncoder().encode(
        renderResults(device, about)
          .map((line) => `${line}\r\n`)
          .join(''),
      ),
    query: () => null,
    counters: () => ({ ...counters }),
    state: () => (stopped ? 'off' : 'ready'),
  };
}
