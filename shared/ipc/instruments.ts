import { z } from 'zod';
import { command, query } from './spec.ts';
import type { LineState } from './strip.ts';
import type { HeldDecode } from './tools-line.ts';

export interface LineRow {
  id: string;
  name: string;
  analyser: string;
  profileId: string;
  state: LineState;
  /** `LIS2-A2 · TCP server 127.0.0.1:5001`. */
  link: string;
  lastByteAt: string;
  /** `in order`, `frame 6`, `port in use` … */
  health: string;
  /** Messages received and stored that are not posted yet. */
  waiting: number;
  framesToday: number;
  naksToday: number;
  resultsToday: number;
  exceptions: number;
  /** How it gets its work; `hospital`: it is no analyser but a line of the hospital's system. */
  orders: 'answersQueries' | 'downloads' | 'sendsOnly' | 'hospital';
  counters: Record<string, number>;
  /** Catalogue tests that wait and that it is not told, for its mapping has no order code for them. */
  untold: string[];
  problem: { code: string; what: string; safe: string; todo: string } | null;
  /** Who has the analyser, where other stations have it in their files too; null where none has. */
  owner: LineOwnerRow | null;
}

/** Which station has an analyser. */
export interface LineOwnerRow {
  /** True when it is this station. */
  here: boolean;
  /** Code of the station that has it or gave it over. */
  station: string;
  /** Who took it or gave it over, and when; the name is empty when nobody did. */
  name: string;
  since: string;
  /** Given over, to be taken by any station. */
  free: boolean;
  /** The owner was not heard of by the server for some time, or the server cannot be asked. */
  away: boolean;
  /** The server cannot be asked now. */
  offline: boolean;
  /** The station it was taken over from, and why; else empty. */
  takenFrom: string;
  reason: string;
  /** The other stations that have it. */
  others: string[];
}

/** What became of one message: here, and as the instrument was told. Counts of its results. */
export interface TraceMessage {
  /** Number of the message in the wire journal. */
  number: string;
  state: 'received' | 'posted' | 'held' | 'failed' | 'incomplete';
  posted: number;
  controls: number;
  held: number;
  /** Sent before and posted then. */
  known: number;
  /** Requests for orders (R8). */
  queries: number;
  told: 'accepted' | 'refused' | 'none';
}

/** One piece of the line trace: bytes with control characters by name are made in the window from `text` (latin1). */
export interface TraceRow {
  id: string;
  at: string;
  direction: 'in' | 'out' | 'event';
  /** Bytes as latin1 text. */
  text: string;
  /** What the piece is: `frame`, `ack`, `nak`, `refused`, `duplicate`, `partial`, `send` … ; `message` for a summary. */
  mark: string;
  note: string;
  /** `ok`: a whole frame whose checksum is right; `bad`: refused. */
  tone: 'plain' | 'ok' | 'bad';
  /** Only for a summary. */
  message: TraceMessage | null;
}

export interface ExceptionRow {
  id: string;
  instrumentId: string;
  at: string;
  /** A code; the window names it. */
  reason: string;
  sentTest: string;
  sentSpecimen: string;
  sentValue: string;
  sentUnit: string;
  status: 'open' | 'done' | 'rejected';
  messageId: string;
  /** How it ended, by whom (a name) and when; empty while it is open. */
  resolution: string;
  resolvedBy: string;
  resolvedAt: string;
}

export interface ExceptionDetailRow extends ExceptionRow {
  /** The message as journalled, latin1. */
  raw: string;
  /** Record line that matters, and its place in `raw`. */
  rawFrom: number;
  rawTo: number;
  /** The field at fault within `raw`, in this record or in its order record; both 0 when it is not one field. */
  faultFrom: number;
  faultTo: number;
  /** Record type and number, for example `R 3`; empty when no record could be read. */
  record: string;
  fields: { name: string; value: string; ok: boolean; note: string }[];
  /** What the exception says of itself, in words. */
  summary: string;
  /** Of a message that is held as a whole: taken apart, with the place of the fault; null for a single result. */
  decoded: HeldDecode | null;
  /** How many other open exceptions have the same cause. */
  alike: number;
  told: string;
}

/** A picture an analyser sent: histogram, scattergram, photograph; read from its journalled message, as it was sent. */
export interface PictureRow {
  id: string;
  instrumentId: string;
  /** number of the message in the wire journal, and when it came */
  messageId: string;
  at: string;
  code: string;
  title: string;
  /** `image/png`, `image/bmp`, `application/octet-stream` … by what the data begins with */
  contentType: string;
  /** base64 */
  data: string;
}

const bench = ['technician', 'lead', 'supervisor'] as const;

export const instrumentsCommands = {
  'instrument.switch': command<null>()(z.object({ instrumentId: z.string(), on: z.boolean() }), bench),
  /** Gives an analyser over to whichever station takes it: the line is closed once the message under way is done. Errors `line.notHere`, `line.notShared`. */
  'line.give': command<null>()(z.object({ instrumentId: z.string() }), bench),
  /** Takes an analyser that was given over. Errors `line.taken`, `line.noServer`, `line.notShared`. */
  'line.take': command<null>()(z.object({ instrumentId: z.string() }), bench),
  /** Takes an analyser whose owner is away. Errors `line.ownerThere`, `line.taken`, `line.noServer`, `line.notShared`. */
  'line.takeOver': command<null>()(
    z.object({ instrumentId: z.string(), reason: z.string().trim().min(1).max(300) }),
    ['lead', 'supervisor'],
  ),
  /** Maps the instrument's code to a catalogue test for this instrument (an overlay) and posts everything held for it. */
  'exception.map': command<{ posted: number; held: number }>()(
    z.object({ taskId: z.string(), testCode: z.string() }),
    ['lead', 'supervisor', 'admin'],
  ),
  /** Says which specimen it belongs to, and posts. */
  'exception.match': command<{ posted: number; held: number }>()(
    z.object({ taskId: z.string(), accessionIdentifier: z.string() }),
    bench,
  ),
  /** Says that it is a control of this lot, whatever number it was sent with, and posts it as one. Errors: `qc.unknownLot`, `exception.noResult`. */
  'exception.ofLot': command<{ posted: number; held: number }>()(
    z.object({ taskId: z.string(), lotId: z.string() }),
    bench,
  ),
  'exception.reject': command<null>()(z.object({ taskId: z.string(), reason: z.string().min(1) }), bench),
  /** Tries again with today's data. */
  'exception.reprocess': command<{ posted: number; held: number }>()(z.object({ taskId: z.string() }), bench),
} as const;

export const instrumentsQueries = {
  'instruments.lines': query<LineRow>()(z.object({}), 'signedIn'),
  'instruments.trace': query<TraceRow>()(z.object({ instrumentId: z.string() }), 'signedIn'),
  'exceptions.list': query<ExceptionRow>()(z.object({ status: z.enum(['open', 'ended']) }), 'signedIn'),
  'exceptions.detail': query<ExceptionDetailRow>()(z.object({ taskId: z.string() }), 'signedIn'),
  /** Pictures of the specimen that came with the message of a result. */
  'result.images': query<PictureRow>()(z.object({ resultId: z.string() }), 'signedIn'),
  /** Pictures that came with the message of an exception, of its specimen or of none. */
  'exception.images': query<PictureRow>()(z.object({ taskId: z.string() }), 'signedIn'),
  /** All pictures of a specimen, also of messages that hold no results; oldest message first. */
  'specimen.images': query<PictureRow>()(z.object({ specimenId: z.string() }), 'signedIn'),
} as const;
