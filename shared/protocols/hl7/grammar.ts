/**
 * Which segment belongs to which (M7): patient, specimen, order, observation, and notes to what they follow. One walk over the
 * segments for all message types we take: results (ORU^R01, R30, R32, OUL^R22), orders (ORM^O01, OML^O21, OML^O33) and their
 * answers (ORR^O02, ORL^O34), queries (QBP^Q11, QRY^Q02) and theirs (RSP^K11, DSR^Q03). Every segment is in the tree exactly once.
 */
import type { Hl7Message, Hl7Problem } from './message.ts';
import type { Hl7Segment } from './segment.ts';

/** Every group keeps what is not known here (Z segments, PD1, NK1, TCD ...) with what it follows. */
interface Group {
  notes: Hl7Segment[];
  others: Hl7Segment[];
}

export interface ObservationGroup extends Group {
  obx: Hl7Segment;
}

export interface OrderGroup extends Group {
  orc: Hl7Segment | null;
  obr: Hl7Segment | null;
  /** TQ1 and TQ2 */
  timings: Hl7Segment[];
  observations: ObservationGroup[];
}

export interface SpecimenGroup extends Group {
  /** null: the message names no specimen for these orders (it may stand in OBR-3 or OBR-15) */
  spm: Hl7Segment | null;
  /** further SPM of the same order */
  moreSpm: Hl7Segment[];
  /** the first container */
  sac: Hl7Segment | null;
  moreSac: Hl7Segment[];
  /** of the specimen itself (condition, volume), never results of an order */
  observations: ObservationGroup[];
  orders: OrderGroup[];
  /** the PID and PV1 that these specimens stand under */
  patient: Hl7Segment | null;
  visit: Hl7Segment | null;
  /** prior results, sent along with an order: never new work, never new results */
  prior: boolean;
}

export interface GroupedHl7 extends Group {
  msh: Hl7Segment;
  msa: Hl7Segment | null;
  errors: Hl7Segment[];
  /** the first PID and PV1; with several patients each specimen names its own */
  patient: Hl7Segment | null;
  visit: Hl7Segment | null;
  /** all PID, PV1 and the notes and observations that follow them directly */
  patients: PatientGroup[];
  specimens: SpecimenGroup[];
  /** QPD, RCP, QAK, DSC, QRD, QRF, DSP: the query and its answer, in the order sent */
  query: Hl7Segment[];
  problems: Hl7Problem[];
}

export interface PatientGroup extends Group {
  pid: Hl7Segment | null;
  pv1: Hl7Segment | null;
  observations: ObservationGroup[];
}

export interface GroupOptions {
  /** M7 leniency: in an order-first message OBX behind SPM are results of the order when it has none yet */
  resultsBehindSpecimen?: boolean;
}

/** Message types in which the specimen comes first and its orders follow. In all others SPM follows the order. */
const SPECIMEN_FIRST = new Set(['OUL^R22', 'OUL^R23', 'OML^O33', 'ORL^O34']);
/** Types whose ORC stands behind OBR. */
const ORC_BEHIND_OBR = new Set(['OUL^R22', 'OUL^R23']);
/** Types where OBX may stand behind PID. */
const PATIENT_OBSERVATIONS = new Set(['ORU^R30', 'ORU^R31', 'ORU^R32']);
const QUERY = new Set(['QPD', 'RCP', 'QAK', 'DSC', 'QRD', 'QRF', 'DSP', 'RDF', 'RDT', 'QID', 'EQL', 'VTQ']);

/** Segments without which a message of this type says nothing. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'ORU^R01': ['OBR'],
  'ORU^R30': ['OBR'],
  'ORU^R32': ['OBR'],
  'OUL^R22': ['SPM', 'OBR'],
  'OML^O21': ['ORC'],
  'OML^O33': ['SPM', 'ORC'],
  'ORM^O01': ['ORC'],
  'ORL^O34': ['MSA'],
  'ORR^O02': ['MSA'],
  'QBP^Q11': ['QPD', 'RCP'],
  'RSP^K11': ['MSA', 'QAK', 'QPD'],
  'QRY^Q02': ['QRD'],
  'DSR^Q03': ['MSA', 'QRD'],
};

/**
 * Groups the segments of a message. Unknown segments stay with what they follow; missing optional ones leave `null`. What stands
 * where it cannot is kept in the nearest group and told as a problem (M7).
 */
export function groupMessage(message: Hl7Message, options: GroupOptions = {}): GroupedHl7 {
  const walk = new Walk(message, options);
  for (const segment of message.segments) walk.take(segment);
  return walk.finish();
}

class Walk {
  private readonly type: string;
  private readonly options: GroupOptions;
  private readonly tree: GroupedHl7;
  private specimenFirst: boolean;
  private patient: PatientGroup | null = null;
  private specimen: SpecimenGroup | null = null;
  private order: OrderGroup | null = null;
  /** true between an SPM that follows its order and the next order */
  private behindSpecimen = false;
  /** where notes and unknown segments go */
  private last: Group;
  private prior = false;
  /** the order whose results began behind its SPM */
  private resultsBehind: OrderGroup | null = null;

  constructor(message: Hl7Message, options: GroupOptions) {
    this.options = options;
    this.type = typeName(message);
    this.specimenFirst = SPECIMEN_FIRST.has(this.type);
    this.tree = {
      msh: message.header,
      msa: null,
      errors: [],
      patient: null,
      visit: null,
      patients: [],
      specimens: [],
      query: [],
      problems: [],
      notes: [],
      others: [],
    };
    this.last = this.tree;
  }

  take(segment: Hl7Segment): void {
    if (segment.index === 0) return;
    switch (segment.id) {
      case 'MSA':
        if (this.tree.msa !== null || this.patient !== null || this.specimen !== null) {
          this.tell(segment, 'fault', 'MSA where it cannot stand.');
        }
        if (this.tree.msa === null) this.tree.msa = segment;
        else this.tree.others.push(segment);
        return;
      case 'ERR':
        this.tree.errors.push(segment);
        return;
      case 'PID':
        this.takePatient(segment);
        return;
      case 'PV1':
        this.takeVisit(segment);
        return;
      case 'SPM':
        this.takeSpecimen(segment);
        return;
      case 'SAC':
        this.takeContainer(segment);
        return;
      case 'ORC':
        this.takeOrc(segment);
        return;
      case 'OBR':
        this.takeObr(segment);
        return;
      case 'OBX':
        this.takeObx(segment);
        return;
      case 'TQ1':
      case 'TQ2':
        if (this.order === null) this.tell(segment, 'fault', `${segment.id} without its order.`);
        (this.order?.timings ?? this.last.others).push(segment);
        return;
      case 'NTE':
        this.last.notes.push(segment);
        return;
      default:
        if (QUERY.has(segment.id)) this.tree.query.push(segment);
        else this.last.others.push(segment);
    }
  }

  finish(): GroupedHl7 {
    const { tree } = this;
    const has = (id: string): boolean =>
      (id === 'MSA' && tree.msa !== null) ||
      tree.query.some((one) => one.id === id) ||
      tree.specimens.some(
        ({ spm, orders }) =>
          (id === 'SPM' && spm !== null) ||
          orders.some(({ orc, obr }) => (id === 'ORC' && orc !== null) || (id === 'OBR' && obr !== null)),
      );
    for (const id of Object.hasOwn(NEEDED, this.type) ? (NEEDED[this.type] ?? []) : []) {
      if (!has(id)) this.tell(tree.msh, 'fault', `${this.type} without ${id}.`);
    }
    tree.patient = tree.patients.find(({ pid }) => pid !== null)?.pid ?? null;
    tree.visit = tree.patients.find(({ pv1 }) => pv1 !== null)?.pv1 ?? null;
    return tree;
  }

  private tell(segment: Hl7Segment, severity: Hl7Problem['severity'], text: string): void {
    this.tree.problems.push({ rule: 'M7', severity, message: null, segment: segment.index, text });
  }

  private takePatient(pid: Hl7Segment): void {
    const orders = this.type.startsWith('OML^') || this.type.startsWith('ORM^');
    if (this.specimen !== null && orders) {
      // Only prior results have a PID of their own behind an order.
      this.prior = true;
      this.tell(pid, 'fault', 'Prior results: what follows cannot be told from further orders.');
    } else if (this.specimen !== null && this.specimenFirst) {
      this.tell(pid, 'fault', 'PID behind a specimen.');
    }
    this.openPatient().pid = pid;
  }

  private takeVisit(pv1: Hl7Segment): void {
    if (this.patient === null || this.patient.pv1 !== null || this.specimen !== null) {
      // One behind an order may belong to anybody.
      this.tell(pv1, this.specimen === null ? 'note' : 'fault', 'PV1 without its PID.');
    }
    if (this.specimen !== null || (this.patient !== null && this.patient.pv1 !== null)) {
      this.last.others.push(pv1);
      return;
    }
    const patient = this.patient ?? this.openPatient();
    patient.pv1 = pv1;
    this.last = patient;
  }

  private openPatient(): PatientGroup {
    const patient = { pid: null, pv1: null, observations: [], ...group() };
    this.tree.patients.push(patient);
    this.patient = patient;
    this.specimen = null;
    this.order = null;
    this.behindSpecimen = false;
    this.last = patient;
    return patient;
  }

  private openSpecimen(spm: Hl7Segment | null): SpecimenGroup {
    const specimen: SpecimenGroup = {
      spm,
      moreSpm: [],
      sac: null,
      moreSac: [],
      observations: [],
      orders: [],
      patient: this.patient?.pid ?? null,
      visit: this.patient?.pv1 ?? null,
      prior: this.prior,
      ...group(),
    };
    this.tree.specimens.push(specimen);
    this.specimen = specimen;
    return specimen;
  }

  private takeSpecimen(spm: Hl7Segment): void {
    if (!this.specimenFirst && this.order === null) {
      if (this.specimen === null) {
        // No reading of an order-first type allows this, and only one makes sense.
        this.tell(spm, 'note', 'SPM before any order: read as specimen first.');
        this.specimenFirst = true;
      } else this.tell(spm, 'fault', 'SPM without its order.');
    }
    if (this.specimenFirst) {
      this.order = null;
      this.last = this.openSpecimen(spm);
      return;
    }
    const specimen = this.specimenOfOrder();
    if (specimen.spm === null) specimen.spm = spm;
    else specimen.moreSpm.push(spm);
    this.behindSpecimen = true;
    this.last = specimen;
  }

  /** The specimen of the order that was read last, split off from the orders before it, which have none. */
  private specimenOfOrder(): SpecimenGroup {
    const { specimen, order } = this;
    if (specimen === null) return this.openSpecimen(null);
    if (order === null || specimen.spm !== null || specimen.orders.length <= 1) return specimen;
    specimen.orders.pop();
    const own = this.openSpecimen(null);
    own.orders.push(order);
    return own;
  }

  private takeContainer(sac: Hl7Segment): void {
    if (this.specimen === null || (this.specimenFirst && this.order !== null)) {
      this.tell(sac, 'fault', 'SAC without its specimen.');
    } else if (!this.specimenFirst && !this.behindSpecimen) {
      this.tell(sac, 'note', 'SAC without SPM.');
    }
    const specimen = this.specimen ?? this.openSpecimen(null);
    if (specimen.sac === null) specimen.sac = sac;
    else specimen.moreSac.push(sac);
    this.last = specimen;
  }

  private takeOrc(orc: Hl7Segment): void {
    const { order } = this;
    const belongsToObr =
      ORC_BEHIND_OBR.has(this.type) &&
      order !== null &&
      order.orc === null &&
      order.observations.length === 0 &&
      this.last === order;
    if (belongsToObr && order !== null) order.orc = orc;
    else this.openOrder().orc = orc;
  }

  private takeObr(obr: Hl7Segment): void {
    const { order } = this;
    const begun = order !== null && order.obr === null && this.last === order && !this.behindSpecimen;
    if (begun && order !== null) order.obr = obr;
    else this.openOrder().obr = obr;
  }

  private openOrder(): OrderGroup {
    const order: OrderGroup = { orc: null, obr: null, timings: [], observations: [], ...group() };
    // Behind a trailing SPM a new order stands under no specimen until its own SPM comes.
    const open = this.behindSpecimen ? null : this.specimen;
    const specimen = open ?? this.openSpecimen(null);
    specimen.orders.push(order);
    this.order = order;
    this.behindSpecimen = false;
    this.last = order;
    return order;
  }

  private takeObx(obx: Hl7Segment): void {
    const observation: ObservationGroup = { obx, ...group() };
    const { order, specimen } = this;
    if (this.behindSpecimen && order !== null && specimen !== null) this.takeBehindSpecimen(observation);
    else if (order !== null) {
      if (order.obr === null) this.tell(obx, 'fault', 'OBX of an order without OBR.');
      order.observations.push(observation);
    } else if (specimen !== null) specimen.observations.push(observation);
    else {
      const patient = this.patient ?? this.openPatient();
      if (patient.pid === null || !PATIENT_OBSERVATIONS.has(this.type)) {
        this.tell(obx, 'fault', 'OBX without an order.');
      }
      patient.observations.push(observation);
    }
    this.last = observation;
  }

  /** OBX behind the SPM of an order describe the specimen, unless the order has no results at all and the profile says so. */
  private takeBehindSpecimen(observation: ObservationGroup): void {
    const { order, specimen } = this;
    if (order === null || specimen === null) return;
    const noResults = order.observations.length === 0 || this.resultsBehind === order;
    if (noResults && this.options.resultsBehindSpecimen === true) {
      this.resultsBehind = order;
      order.observations.push(observation);
      return;
    }
    if (
      order.observations.length === 0 &&
      specimen.observations.length === 0 &&
      this.type.startsWith('ORU^')
    ) {
      this.tell(
        observation.obx,
        'fault',
        'OBX behind SPM of an order without results: results or the specimen?',
      );
    }
    specimen.observations.push(observation);
  }
}

function group(): Group {
  return { notes: [], others: [] };
}

/** `ORU^R01`, from MSH-9.1 and 9.2, or from the structure (`ORU_R01`) when there is no trigger. */
function typeName(message: Hl7Message): string {
  const { code, trigger, structure } = message.type;
  return trigger === '' ? structure.replace('_', '^') || code : `${code}^${trigger}`;
}
