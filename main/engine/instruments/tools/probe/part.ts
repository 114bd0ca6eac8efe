/** What the scripts of the active self-test are given. */
import type { Profile } from '../../../../../shared/profiles/profile.ts';
import type { TestOrder } from './order.ts';
import type { StepLog } from './steps.ts';
import type { Between, ProbeWire } from './wire.ts';

/** How long things are waited for, milliseconds. */
export interface ProbeTimes {
  /** an answer of the device (L5, L8) */
  answerMs: number;
  /** before a device that was busy is asked again (L6) */
  busyMs: number;
  /** silence after which a device gives up a transfer (L9) */
  silenceMs: number;
  /** the whole second part, in which the device asks and sends */
  seenMs: number;
}

export interface ProbeContext {
  wire: ProbeWire;
  steps: StepLog;
  order: TestOrder;
  profile: Profile;
  times: ProbeTimes;
  /** the other end is a simulator: steps that a device with patients' results on board is spared */
  simulator: boolean;
  /** leaves out the steps that wait for half a minute */
  quick: boolean;
  stopped(): boolean;
  pause(ms: number): Promise<void>;
  /** monotonic, milliseconds */
  clock(): number;
  /** IANA zone of the bench */
  timeZone: string;
}

/** The second part: the device asks and sends, the session answers, the test watches and turns single answers into others. */
export interface Listening extends Between {
  /** Every step of it has ended. */
  finished(): boolean;
  /** Says of what was seen how it was. Called once, at the end. */
  end(): void;
}
