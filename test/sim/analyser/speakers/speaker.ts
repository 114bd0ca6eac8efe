/** How a simulated device talks: one speaker per protocol. The analyser decides what to measure; its speaker says it and hears the host. */
import type { SendResult } from '../../../../main/engine/instruments/link/ports.ts';
import type { Transport } from '../../../../main/engine/instruments/transports/transport.ts';
import type { Timers } from '../../../../main/engine/timers.ts';
import type { Clock } from '../../../../shared/domain/clock.ts';
import type { FaultName, FaultOptions } from '../faults.ts';
import type { HostAnswer, ResultMessage } from '../messages.ts';
import type { DeviceFiles } from './file.ts';
import type { AskedAcks } from './hl7-messages.ts';

/** What a speaker is given. */
export interface SpeakerContext {
  /** a byte stream; a device that writes files has none */
  transport: Transport | undefined;
  /** the folder a device writes files to */
  folder: string | undefined;
  /** where the folder is; absent: on this computer */
  files?: DeviceFiles | undefined;
  /** HL7: the acknowledgements it asks for; absent: as its profile usually does */
  acks?: AskedAcks | undefined;
  timers: Timers;
  clock: Clock;
  serial: string;
  operator: string;
  faults: FaultOptions | undefined;
  onState(state: string, text: string): void;
  onFault(name: FaultName): void;
  /** orders the host sent, asked for or not */
  onOrders(answer: HostAnswer): void;
}

export interface DeviceSpeaker {
  start(): void;
  stop(): Promise<void>;
  /** Sends one message until it is taken or given up; never rejects. */
  send(message: Uint8Array): Promise<SendResult>;
  /** A message of results, as {@link send} takes it. */
  results(about: ResultMessage): Uint8Array;
  /** A request for orders; null: the device cannot ask. */
  query(id: string, specimenId: string, at: Date): Uint8Array | null;
  counters(): Record<string, number>;
  state(): string;
}
