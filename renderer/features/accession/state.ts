import { createStore } from 'zustand/vanilla';
import type { PlainError } from '../../../shared/errors.ts';
import type { PatientRow } from '../../../shared/ipc/accession.ts';

/** What the last scan, or the last act, has to say; stands beside the scan box. */
export type Notice =
  | { kind: 'requisition' }
  | { kind: 'received'; display: string }
  | { kind: 'alreadyReceived'; display: string; at: string }
  | { kind: 'band' }
  | { kind: 'otherBand'; patient: PatientRow }
  | { kind: 'wrong'; code: string; is: 'product' | 'brokenTube' | 'unknown'; text: string }
  | { kind: 'noOrder'; patient: PatientRow }
  | { kind: 'error'; error: PlainError };

/** What was typed about the collection of one requisition, and kept for it. */
export interface CollectionDraft {
  collector: string;
  time: string;
}

/** A wristband held to the requisition on screen. */
export interface Band {
  code: string;
  same: boolean;
  at: string;
  /** Whose it is, when another patient's and known here. */
  other: PatientRow | null;
}

interface AccessionState {
  /** Who works here; empty before it is known. */
  person: string;
  /** As scanned or typed, shown in the box. */
  code: string;
  /** The requisition on screen; empty shows the list of open ones. */
  requisition: string;
  /** The tube the cursor is on (its specimen id, or `planned:n`). */
  tube: string | null;
  notice: Notice | null;
  band: Band | null;
  /** By requisition. */
  drafts: Readonly<Record<string, CollectionDraft>>;
  /** Who collected last: offered for the next requisition. */
  collector: string;
  /** The last receipt that can be taken back. */
  lastReceived: { specimenId: string; display: string } | null;
  mode: 'receive' | 'new';
  /** Whom the new requisition is for, when a band asked for it. */
  newFor: PatientRow | null;
}

const empty: AccessionState = {
  person: '',
  code: '',
  requisition: '',
  tube: null,
  notice: null,
  band: null,
  drafts: {},
  collector: '',
  lastReceived: null,
  mode: 'receive',
  newFor: null,
};

/** What accession is at; kept while another screen is open. */
export const accessionStore = createStore<AccessionState>(() => empty);

/** Another person works here now: what the one before typed and did is not offered to them; the requisition stays on screen. */
export function workFor(person: string): void {
  accessionStore.setState((before) =>
    before.person === person
      ? before
      : before.person === ''
        ? { person }
        : { person, collector: '', drafts: {}, lastReceived: null, band: null, notice: null },
  );
}

/** Opens a requisition. The band's check begins anew unless the same one is opened again. */
export function openRequisition(
  requisition: string,
  code: string,
  notice: Notice | null,
  tube?: string,
): void {
  accessionStore.setState((before) => ({
    code,
    requisition,
    notice,
    mode: 'receive',
    tube: tube ?? (before.requisition === requisition ? before.tube : null),
    band: before.requisition === requisition ? before.band : null,
  }));
}

/** Back to the list of open requisitions. */
export function clearScreen(): void {
  accessionStore.setState({
    code: '',
    requisition: '',
    tube: null,
    notice: null,
    band: null,
    mode: 'receive',
  });
}

/** Says something beside the scan box without changing what is on screen. */
export function say(notice: Notice | null, code?: string): void {
  accessionStore.setState(code === undefined ? { notice } : { notice, code });
}

/** Remembers what was typed about a collection. */
export function keepDraft(requisition: string, draft: CollectionDraft): void {
  accessionStore.setState(({ drafts }) => ({ drafts: { ...drafts, [requisition]: draft } }));
}

/** Begins a requisition by hand. */
export function beginNew(patient: PatientRow | null): void {
  accessionStore.setState({ mode: 'new', newFor: patient, notice: null, code: '' });
}
