/** ORM^O01 and OML^O21 (M7) as orders, pure: who, what, how urgent, with everything else said of it as a note. Nothing is decided here. */
import type { Priority } from '../documents/order.ts';
import type { InstrumentTime } from '../profiles/canonical.ts';
import { type BenchClock, settleTime } from '../profiles/clock-change.ts';
import { groupMessage, type OrderGroup, type SpecimenGroup } from '../protocols/hl7/grammar.ts';
import type { Hl7Message } from '../protocols/hl7/message.ts';
import type { Hl7Segment } from '../protocols/hl7/segment.ts';
import { hl7Instant, parseHl7Time } from '../protocols/hl7/times.ts';
import { codeText, type SentCode, sentCode } from './codes.ts';
import { type IdentifierRules, patientOf, type SentPatient } from './patient.ts';
import { priorityOf, type Wish, wishOf } from './tables.ts';

/** A specimen that the hospital has drawn, or wants. */
export interface SentSpecimen {
  /** as on the tube; '' when there is none yet */
  number: string;
  typeCode: string;
  typeText: string;
  /** instant; '' when not given */
  collected: string;
  collector: string;
}

/** One test or panel of a message. */
export interface HospitalOrder {
  /** position of its ORC among those of the message, from 1, and of its OBR; 0 when it has none */
  orc: number;
  obr: number;
  wish: Wish | null;
  /** ORC-1 as sent */
  control: string;
  /** ORC-2 or OBR-2: the hospital's number of the order */
  placer: string;
  /** ORC-4, '' when not given */
  group: string;
  code: SentCode | null;
  priority: Priority;
  /** instant; '' when not given */
  authored: string;
  requester: string;
  note: string;
  specimens: SentSpecimen[];
  /** Why it cannot be done as it is, whatever the station knows; '' when nothing is wrong. */
  fault: string;
}

/** What a message orders, for one patient. */
export interface HospitalMessage {
  /** Why nothing of it can be done; '' when it can be read. */
  fault: string;
  patient: SentPatient | null;
  ward: string;
  orders: HospitalOrder[];
}

/** The clock is the bench's, which is the hospital's. */
export interface ReadRules extends IdentifierRules, BenchClock {
  /** Instant of a local time `YYYY-MM-DDTHH:MM:SS` of the hospital; null when there is none. */
  toInstant(local: string): string | null;
}

/** The rules, and when the message says that it was sent. */
type MessageRules = ReadRules & { sentAt: InstrumentTime };

/** Reads a message. What cannot be told apart (two patients, prior results, broken structure) is a fault of the whole. */
export function readOrders(message: Hl7Message, given: ReadRules): HospitalMessage {
  const rules = { ...given, sentAt: timeOf(message.header.value(7, 1), given) };
  const nothing: HospitalMessage = { fault: '', patient: null, ward: '', orders: [] };
  const tree = groupMessage(message);
  const broken = [...message.problems, ...tree.problems].find((one) => one.severity === 'fault');
  if (broken !== undefined) return { ...nothing, fault: broken.text };
  const [pid, second] = tree.patients.flatMap((one) => one.pid ?? []);
  if (pid === undefined) return { ...nothing, fault: 'The message has no patient (PID).' };
  if (second !== undefined) return { ...nothing, fault: 'The message has several patients.' };
  const read = patientOf(pid, rules);
  if (!read.ok) return { ...nothing, fault: read.why };
  const patientNotes = tree.patients.flatMap((one) => one.notes.map(noteText));
  const authoredThen = instantOf(message.header.value(7, 1), rules).instant;
  const orders: HospitalOrder[] = [];
  let orc: Hl7Segment | null = null;
  let orcs = 0;
  let obrs = 0;
  for (const specimen of tree.specimens) {
    for (const group of specimen.orders) {
      if (group.orc !== null) {
        orc = group.orc;
        orcs += 1;
      }
      if (group.obr !== null) obrs += 1;
      const order = orderOf(group, orc, specimen, rules);
      orders.push({
        ...order,
        orc: orcs,
        obr: group.obr === null ? 0 : obrs,
        authored: order.authored || authoredThen,
        note: [order.note, ...patientNotes].filter(Boolean).join(' · '),
      });
    }
  }
  const ward = tree.visit?.value(3, 1).trim() ?? '';
  const fault = orders.length === 0 ? 'The message has no order.' : '';
  return { fault, patient: read.patient, ward, orders };
}

function orderOf(
  group: OrderGroup,
  orc: Hl7Segment | null,
  specimen: SpecimenGroup,
  rules: MessageRules,
): Omit<HospitalOrder, 'orc' | 'obr'> {
  const { obr } = group;
  const { specimens, doubts } = specimensOf(obr, specimen, rules);
  const control = orc?.value(1).trim().toUpperCase() ?? '';
  const status = orc?.value(5).trim() ?? '';
  const wish = wishOf(control, status);
  const placers = [orc?.value(2, 1).trim() ?? '', obr?.value(2, 1).trim() ?? ''].filter(Boolean);
  const code = obr === null ? null : sentCode(obr);
  const sentPriority =
    group.timings
      .find((one) => one.id === 'TQ1')
      ?.value(9, 1)
      .trim() ||
    orc?.value(7, 6).trim() ||
    obr?.value(27, 6).trim() ||
    obr?.value(5).trim() ||
    '';
  const priority = priorityOf(sentPriority);
  const fault =
    orc === null
      ? 'The order has no ORC.'
      : wish === null
        ? `ORC-1 ${control || '(empty)'}${status === '' ? '' : ` with ORC-5 ${status}`} is nothing that can be done here.`
        : placers.length === 0
          ? 'The order has no placer number (ORC-2).'
          : group.orc !== null && new Set(placers).size > 1
            ? 'ORC-2 and OBR-2 are different placer numbers.'
            : (wish.kind === 'new' || wish.kind === 'change') && code === null
              ? 'The order names no test (OBR-4).'
              : '';
  return {
    wish,
    control,
    // A further OBR under one ORC may have a number of its own.
    placer: (group.orc === null ? placers.at(-1) : placers[0]) ?? '',
    group: orc?.value(4, 1, 1).trim() ?? '',
    code,
    priority: priority ?? 'routine',
    authored: instantOf(orc?.value(9, 1) ?? '', rules).instant,
    requester: personText(orc, 12) || personText(obr, 16),
    note: [
      ...notesOf(group, specimen),
      ...(priority === null ? [`Priority as sent: ${sentPriority}`] : []),
      ...doubts.filter(Boolean).map((doubt) => `Collection time: ${doubt}`),
    ]
      .filter(Boolean)
      .join(' · '),
    specimens,
    fault,
  };
}

/** Everything said of an order in words: reasons, clinical information, notes, answers to questions, diagnoses, what specimen is meant. */
function notesOf({ obr, notes, others, observations }: OrderGroup, specimen: SpecimenGroup): string[] {
  const answers = [...observations, ...specimen.observations].map(({ obx, notes: below }) => {
    const asked = obx.value(3, 2).trim() || obx.value(3, 1).trim();
    const value = obx.value(5, 2).trim() || obx.value(5, 1).trim();
    return [`${asked}: ${value} ${obx.value(6, 1)}`.trim(), ...below.map(noteText)].join(', ');
  });
  return [
    obr?.value(13).trim() ?? '',
    obr?.value(31, 2).trim() || obr?.value(31, 1).trim() || '',
    ...notes.map(noteText),
    ...answers,
    ...others
      .filter((one) => one.id === 'DG1')
      .map((one) => one.value(3, 2).trim() || one.value(3, 1).trim()),
    ...specimen.notes.map(noteText),
  ];
}

function noteText(nte: Hl7Segment): string {
  return Array.from({ length: nte.repeats(3) }, (_, n) => nte.value(3, undefined, undefined, n + 1).trim())
    .filter(Boolean)
    .join(' ');
}

/** The specimens of an order, and what is not certain of when they were collected; '' is said of a time that is. */
function specimensOf(
  obr: Hl7Segment | null,
  group: SpecimenGroup,
  rules: MessageRules,
): { specimens: SentSpecimen[]; doubts: string[] } {
  const all = group.spm === null ? [] : [group.spm, ...group.moreSpm];
  const collector = obr === null ? '' : personText(obr, 10);
  const drawn = instantOf(obr?.value(7, 1) ?? '', rules);
  if (all.length === 0) {
    const number = group.sac?.value(3, 1).trim() ?? '';
    const typeCode = obr?.value(15, 1, 1).trim() ?? '';
    if (number === '' && typeCode === '') return { specimens: [], doubts: [] };
    const typeText = obr?.value(15, 1, 2).trim() ?? '';
    return {
      specimens: [{ number, typeCode, typeText, collected: drawn.instant, collector }],
      doubts: [drawn.doubt],
    };
  }
  const times = all.map((spm) => {
    const own = instantOf(spm.value(17, 1), rules);
    return own.instant === '' ? drawn : own;
  });
  const specimens = all.map((spm, n) => ({
    number: spm.value(2, 1, 1).trim() || (n === 0 ? (group.sac?.value(3, 1).trim() ?? '') : ''),
    typeCode: spm.value(4, 1).trim(),
    typeText: spm.value(4, 2).trim(),
    collected: times[n]?.instant ?? '',
    collector,
  }));
  return { specimens, doubts: [...new Set(times.map((time) => time.doubt))] };
}

/** A person as read: `given family`, else the id. */
function personText(segment: Hl7Segment | null, field: number): string {
  if (segment === null) return '';
  const name = [segment.value(field, 3).trim(), segment.value(field, 2, 1).trim()].filter(Boolean).join(' ');
  return name || segment.value(field, 1).trim();
}

/** A time as sent; no instant where it is none of a day. */
function timeOf(text: string, rules: ReadRules): InstrumentTime {
  const time = parseHl7Time(text);
  if (time.local === null || time.local.length < 19) return { text, local: null, instant: null };
  const told = time.offset === null ? rules.toInstant(time.local) : null;
  return { text, local: time.local, instant: hl7Instant(time) ?? told };
}

/** R10: the instant of a time, '' where there is none, and what is not certain of it. */
function instantOf(text: string, rules: MessageRules): { instant: string; doubt: string } {
  const { instant, doubt } = settleTime(timeOf(text, rules), rules.sentAt, rules);
  return { instant: instant ?? '', doubt };
}

/** What an order is about, for a person: the code as sent, else its number. */
export function orderText(order: HospitalOrder): string {
  return (order.code === null ? '' : codeText(order.code)) || order.placer;
}
