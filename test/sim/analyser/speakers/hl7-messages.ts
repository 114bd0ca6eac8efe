/** What a simulated HL7 analyser says and understands, by its profile. Written apart from the product's reading; only the codec is shared. */
import type { Hl7Profile } from '../../../../shared/profiles/profile.ts';
import { encodeHl7, type OutSegment, outSegment } from '../../../../shared/protocols/hl7/encode.ts';
import { type Hl7Message, parseHl7Path } from '../../../../shared/protocols/hl7/message.ts';
import { type HostAnswer, localTime, type ReportedResult, type ResultMessage } from '../messages.ts';
import { seeded, seedOf } from '../random.ts';
import { histogramPng } from './histogram.ts';

const CHARSETS = { utf8: 'UNICODE UTF-8', latin1: '8859/1', ascii: 'ASCII' } as const;

/** MSH-15 and MSH-16 of what a device sends; '' = not given (M3). */
export interface AskedAcks {
  accept: '' | 'AL' | 'NE';
  application: '' | 'AL' | 'NE';
}

export interface Hl7Device {
  profile: Hl7Profile;
  serial: string;
  operator: string;
  acks: AskedAcks;
}

/** What a device of this profile asks for: after IHE LAW the application acknowledgement alone, else what the original mode has. */
export function usualAcks(profile: Hl7Profile): AskedAcks {
  return isLaw(profile) ? { accept: 'NE', application: 'AL' } : { accept: '', application: '' };
}

/** A segment that is filled in place by place. */
type Draft = Map<number, string[]>;
/** The segments around one observation, by name. */
type Drafts = Map<string, Draft>;

/** True for devices after IHE LAW: results are OUL^R22, orders come as OML^O33. */
export function isLaw({ dialect }: Hl7Profile): boolean {
  return dialect.query === 'law' || dialect.download === 'oml33';
}

/** OUL^R22 for devices after IHE LAW, one order per test; ORU^R01 for the others, one order for all. */
export function resultMessage(device: Hl7Device, about: ResultMessage): Uint8Array {
  const law = isLaw(device.profile);
  const msh = header(device, about.id, about.completedAt, law ? ['OUL', 'R22', 'OUL_R22'] : ['ORU', 'R01']);
  const around: Drafts = new Map([['MSH', msh]]);
  // Where MSH-16 tells what the message is about, a patient's is 0.
  if (device.profile.qc.places.some(({ place: where }) => where === 'MSH-16')) put(msh, 16, 1, '0');
  const spm: Draft = new Map();
  if (law) {
    put(spm, 1, 1, '1');
    put(spm, 11, 1, 'P');
    around.set('SPM', spm);
  }
  const groups = law ? about.results.map((one) => [one]) : [about.results];
  const orders = groups.map((results, at) => orderSegments(device, about, around, results, at));
  const picture = device.profile.section === 'haematology' && !about.qc ? [pictureOf(about)] : [];
  return encode(device, [
    out('MSH', msh),
    ...(about.qc ? [] : [outSegment('PID', { 1: 1 })]),
    ...(law ? [out('SPM', spm)] : []),
    ...orders.flat(),
    ...picture,
  ]);
}

function orderSegments(
  device: Hl7Device,
  about: ResultMessage,
  around: Drafts,
  results: readonly ReportedResult[],
  at: number,
): OutSegment[] {
  const { dialect } = device.profile;
  const obr: Draft = new Map();
  put(obr, 1, 1, String(at + 1));
  const [first] = results;
  put(obr, 4, 1, isLaw(device.profile) ? (first?.code ?? '') : '00001');
  const drafts: Drafts = new Map([...around, ['OBR', obr]]);
  place(drafts, dialect.specimen, about.specimenId);
  if (about.qc) markControl(device, drafts);
  const observations = results.flatMap((one, index) => {
    const obx: Draft = new Map();
    observe(device, about, new Map([...drafts, ['OBX', obx]]), one, index);
    return [
      out('OBX', obx),
      ...(one.comment === undefined ? [] : [outSegment('NTE', { 1: 1, 2: 'Z', 3: one.comment })]),
    ];
  });
  const behind = isLaw(device.profile)
    ? [outSegment('ORC', { 1: 'OK', 5: 'CM', 9: localTime(about.completedAt) })]
    : [];
  return [out('OBR', obr), ...behind, ...observations];
}

/** One observation into its OBX, and into the segments around it where the profile says so. */
function observe(
  { profile, serial, operator }: Hl7Device,
  about: ResultMessage,
  drafts: Drafts,
  one: ReportedResult,
  index: number,
): void {
  const { dialect } = profile;
  const obx = drafts.get('OBX') ?? new Map<number, string[]>();
  put(obx, 1, 1, String(index + 1));
  const [, comparator = '', number = ''] = /^([<>]=?)(.+)$/.exec(one.text) ?? [];
  const structured = comparator !== '' && isLaw(profile) && dialect.value === 'OBX-5';
  put(obx, 2, 1, structured ? 'SN' : /^[-+]?\d+(\.\d+)?$/.test(one.text) ? 'NM' : 'ST');
  name(profile, drafts, one.code);
  if (structured) obx.set(5, [comparator, number]);
  else place(drafts, [dialect.value], one.text);
  place(drafts, [dialect.unit], one.unit);
  put(obx, 7, 1, one.range);
  if (Object.hasOwn(profile.flags, one.flag)) place(drafts, [dialect.flags], one.flag);
  place(drafts, [dialect.status], Object.hasOwn(profile.statuses, 'F') ? 'F' : '');
  place(drafts, dialect.operator, operator);
  place(drafts, dialect.serial, serial);
  place(drafts, dialect.measured, localTime(about.completedAt));
  if (dialect.dilution !== null) place(drafts, [dialect.dilution], one.dilution);
}

/** M9: a test by its code where the profile looks first, by its name where a laboratory numbers the tests itself. */
function name(profile: Hl7Profile, drafts: Drafts, code: string): void {
  const { test: places } = profile.dialect;
  const obx = drafts.get('OBX') ?? new Map<number, string[]>();
  const mapped = profile.tests.find((one) => one.code === code);
  const number = String(90_001 + profile.tests.findIndex((one) => one.code === code));
  const numbered = places[0] === 'OBX-3.1' && places.includes('OBX-3.2') && !/^\d+$/.test(code);
  if (numbered) obx.set(3, [number, code, '99LAB']);
  else if (places[0] === 'OBX-3.1') {
    const loinc = mapped?.loinc === code;
    obx.set(3, [code, places.includes('OBX-3.2') ? '' : (mapped?.test ?? ''), loinc ? 'LN' : '99LAB']);
  } else {
    put(obx, 3, 1, number);
    place(drafts, places, code);
  }
}

/** A control as the profile recognises it: by its places; besides them MSH-11 where the order is marked, or where nothing else tells. */
function markControl({ profile }: Hl7Device, drafts: Drafts): void {
  const told = profile.qc.places.filter(({ place: where }) => drafts.has(where.slice(0, 3)));
  for (const { place: where, values } of told) place(drafts, [where], values[1] ?? values[0] ?? '');
  const ofMessage = told.length === 0 || told.some(({ place: where }) => where.startsWith('OBR'));
  if (ofMessage && profile.qc.processing.includes('Q')) place(drafts, ['MSH-11'], 'Q');
}

function pictureOf(about: ResultMessage): OutSegment {
  const data = histogramPng(seeded(seedOf(about.id))).toString('base64');
  const number = about.results.length + 1;
  return outSegment('OBX', {
    1: number,
    2: 'ED',
    3: ['15008', 'WBC Histogram', '99MRC'],
    5: ['', 'Image', 'PNG', 'Base64', data],
    11: 'F',
  });
}

/** A request for the orders of one specimen as the profile's `query` says; null when the device cannot ask. */
export function queryMessage(device: Hl7Device, id: string, specimenId: string, at: Date): Uint8Array | null {
  const time = localTime(at);
  const message = (type: string[], ...segments: OutSegment[]): Uint8Array =>
    encode(device, [out('MSH', header(device, id, at, type)), ...segments]);
  switch (device.profile.dialect.query) {
    case 'none':
      return null;
    case 'law':
    case 'rsp':
      return message(
        ['QBP', 'Q11', 'QBP_Q11'],
        outSegment('QPD', { 1: ['WOS', 'Work Order Step', 'IHE_LABTF'], 2: id.slice(-20), 3: specimenId }),
        outSegment('RCP', { 1: 'I', 3: ['R', 'realTime', 'HL70394'] }),
      );
    case 'orm':
      return message(['ORM', 'O01'], outSegment('ORC', { 1: 'RF', 3: specimenId, 5: 'IP' }));
    case 'qry':
      return message(
        ['QRY', 'Q02'],
        outSegment('QRD', { 1: time, 2: 'R', 3: 'D', 4: '1', 7: 'RD', 8: specimenId, 9: 'OTH', 12: 'T' }),
        outSegment('QRF', { 1: device.profile.model, 2: time, 3: time, 6: 'RCT', 7: 'COR', 8: 'ALL' }),
      );
  }
}

/** The device's own acknowledgement of orders: ORL^O34, ORL^O22 or ORR^O02 with each order taken, ACK^Q03 for displayed ones. */
export function acknowledgement(
  device: Hl7Device,
  id: string,
  to: Hl7Message,
  at: Date,
  names = to.controlId,
): Uint8Array {
  const { code, trigger } = to.type;
  const types: Record<string, string[]> = {
    'OML^O33': ['ORL', 'O34', 'ORL_O34'],
    'OML^O21': ['ORL', 'O22', 'ORL_O22'],
    'ORM^O01': ['ORR', 'O02', 'ORR_O02'],
  };
  const refusal = refusalOf(to);
  const type = refusal === null ? (types[`${code}^${trigger}`] ?? ['ACK', trigger]) : ['ACK', trigger];
  const msh = header(device, id, at, type);
  msh.delete(15);
  msh.delete(16);
  const copied = to.segments.flatMap((one): OutSegment[] => {
    if (one.id === 'SPM') return [outSegment('SPM', { 1: one.value(1), 2: [[one.value(2, 1, 1)]] })];
    if (one.id === 'ORC' && one.value(1) !== 'DC')
      return [outSegment('ORC', { 1: one.value(1) === 'CA' ? 'CR' : 'OK', 2: one.value(2, 1) })];
    return [];
  });
  const msa: OutSegment =
    refusal === null ? ['MSA', 'AA', names] : ['MSA', refusal.code, names, refusal.text];
  return encode(device, [out('MSH', msh), msa, ...(type[0] === 'ACK' ? [] : copied)]);
}

/** What the device says no to (M4): AR to a type it does not know, AE to an order that names no specimen. Empty: it takes it. */
function refusalOf({ type, segments }: Hl7Message): { code: 'AR' | 'AE'; text: string } | null {
  if (!['OML', 'ORM', 'DSR'].includes(type.code)) return { code: 'AR', text: 'Unsupported message type' };
  const has = (id: string) => segments.some((one) => one.id === id);
  const named = type.code === 'OML' ? has('SPM') : type.code !== 'ORM' || has('OBR');
  return named ? null : { code: 'AE', text: 'Required field missing' };
}

/** Orders in a message of the host; null: it holds none and says nothing of them. */
export function readOrders(message: Hl7Message, profile: Hl7Profile): HostAnswer | null {
  const orders = new Map<string, string[]>();
  const cancelled = new Map<string, string[]>();
  const add = (specimenId: string, code: string, told = orders): void => {
    const codes = profile.tests.filter((one) => (one.order ?? one.code) === code).map((one) => one.code);
    told.set(specimenId, [...(told.get(specimenId) ?? []), ...(codes.length === 0 ? [code] : codes)]);
  };
  const { code } = message.type;
  if (code === 'DSR') {
    const shown = new Map(message.all('DSP').map((one) => [Number(one.value(1)), one.value(3, 1)]));
    for (const [line, text] of shown) if (line >= 29 && text !== '') add(shown.get(21) ?? '', text);
    return { none: false, orders };
  }
  if (code === 'QCK') return message.segment('QAK')?.value(2) === 'NF' ? { none: true, orders } : null;
  if (code === 'RSP' && profile.dialect.query !== 'rsp') return null;
  if (!['OML', 'ORM', 'ORR', 'RSP'].includes(code)) return null;
  let specimenId = '';
  let wanted = code === 'ORR';
  let taken = false;
  for (const segment of message.segments) {
    if (segment.id === 'SPM') specimenId = segment.value(2, 1, 1);
    if (segment.id === 'ORC') {
      wanted = ['NW', 'AF'].includes(segment.value(1));
      taken = segment.value(1) === 'CA';
    }
    if (segment.id !== 'OBR' || !(wanted || taken)) continue;
    const named = code === 'OML' || code === 'RSP' ? specimenId : segment.value(2, 1);
    add(named, segment.value(4, 1), taken ? cancelled : orders);
  }
  return { none: orders.size === 0 && cancelled.size === 0, orders, cancelled };
}

function header(device: Hl7Device, id: string, at: Date, type: readonly string[]): Draft {
  const { profile, acks } = device;
  // Old versions name the message by its code and trigger alone.
  const whole = /^2\.[1-3]/.test(profile.dialect.version) ? type.slice(0, 2) : type;
  const msh: Draft = new Map([
    [3, [profile.model]],
    [4, [profile.manufacturer]],
    [5, ['HOST']],
    [7, [localTime(at)]],
    [9, [...whole]],
    [10, [id]],
    [11, ['P']],
    [12, [profile.dialect.version]],
  ]);
  if (acks.accept !== '') msh.set(15, [acks.accept]);
  if (acks.application !== '') msh.set(16, [acks.application]);
  return msh;
}

function put(draft: Draft, field: number, component: number, text: string): void {
  const parts = draft.get(field) ?? [];
  while (parts.length < component) parts.push('');
  parts[component - 1] = text;
  draft.set(field, parts);
}

/** Writes at the first of the places whose segment there is. */
function place(drafts: Drafts, places: readonly string[], text: string): void {
  for (const where of places) {
    const path = parseHl7Path(where);
    const draft = path === null ? undefined : drafts.get(path.segment);
    if (path === null || draft === undefined) continue;
    put(draft, path.field, path.component ?? 1, text);
    return;
  }
  if (text !== '') throw new Error(`no segment for ${places.join(', ')}`);
}

function out(id: string, draft: Draft): OutSegment {
  return outSegment(id, Object.fromEntries(draft));
}

function encode({ profile }: Hl7Device, segments: readonly OutSegment[]): Uint8Array {
  const { delimiters, charset } = profile.dialect;
  return encodeHl7(segments, {
    delimiters: { ...delimiters, truncation: '' },
    charset: CHARSETS[charset],
  }).bytes;
}
