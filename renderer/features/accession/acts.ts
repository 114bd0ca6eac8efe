import type { PlainError } from '../../../shared/errors.ts';
import type { PatientRow, RequisitionRow, TubeRow } from '../../../shared/ipc/accession.ts';
import { command } from '../../data/hooks.ts';
import { lookUp } from '../../data/lookup.ts';
import { offerUndo } from '../../ui/undo.ts';
import { formOf } from './scanned.ts';
import { accessionStore, type Notice, openRequisition, say } from './state.ts';

/** Words for what can be undone; the screen gives them, so that they are in its language. */
export interface UndoWords {
  received: (display: string) => string;
}

/**
 * Takes a scan or a typed code: a tube is received, a requisition opened, a wristband compared with the requisition on screen or opens its
 * patient's newest one. Anything else is named and changes nothing.
 */
export async function takeCode(code: string, words: UndoWords): Promise<void> {
  const form = formOf(code);
  if (form.kind === 'tube') {
    await receive(form.identifier, code, words);
    return;
  }
  if (form.kind === 'product') {
    say({ kind: 'wrong', code, is: 'product', text: '' }, code);
    return;
  }
  const found = await lookUp('accession.requisition', { scanned: code });
  if (!found.ok) {
    say({ kind: 'error', error: found.error }, code);
    return;
  }
  const row = found.value[0];
  if (row !== undefined && sameCode(row.requisition, code)) {
    openRequisition(row.requisition, code, { kind: 'requisition' });
    return;
  }
  // A tube that another system labelled: its number has no form of ours, but the engine knows it.
  const foreign = row?.tubes.find((one) => one.accessionIdentifier === code.trim());
  if (foreign !== undefined) {
    await receive(foreign.accessionIdentifier, code, words);
    return;
  }
  if (form.kind === 'brokenTube') {
    say({ kind: 'wrong', code, is: 'brokenTube', text: form.text }, code);
    return;
  }
  const patient = row?.patient ?? (await patientOf(code));
  if (patient === undefined) say({ kind: 'wrong', code, is: 'unknown', text: '' }, code);
  else takeBand(code, patient, row, await onScreen());
}

/** The requisition on screen, asked for anew: a scan may come before the screen has drawn the one before. */
async function onScreen(): Promise<RequisitionRow | undefined> {
  const { requisition } = accessionStore.getState();
  if (requisition === '') return undefined;
  const found = await lookUp('accession.requisition', { scanned: requisition });
  return found.ok ? found.value[0] : undefined;
}

/** The patient whose identifier this is exactly. */
async function patientOf(code: string): Promise<PatientRow | undefined> {
  const found = await lookUp('patient.search', { text: code.slice(0, 80) });
  return found.ok ? found.value.find((patient) => sameCode(patient.identifier, code)) : undefined;
}

/** A band is compared while the requisition on screen still has tubes to draw or receive; otherwise it opens its patient's own. */
function takeBand(
  code: string,
  patient: PatientRow,
  own: RequisitionRow | undefined,
  shown: RequisitionRow | undefined,
): void {
  const open = shown?.tubes.some((tube) => tube.status === 'planned' || tube.status === 'expected') ?? false;
  if (shown !== undefined && (open || shown.patient.id === patient.id)) {
    const same = shown.patient.id === patient.id;
    accessionStore.setState({
      code,
      band: { code, same, at: new Date().toISOString(), other: same ? null : patient },
      notice: same ? { kind: 'band' } : { kind: 'otherBand', patient },
    });
    return;
  }
  if (own === undefined) {
    accessionStore.setState({ code, notice: { kind: 'noOrder', patient } });
    return;
  }
  openRequisition(own.requisition, code, { kind: 'requisition' });
  accessionStore.setState({ band: { code, same: true, at: new Date().toISOString(), other: null } });
}

function sameCode(a: string, b: string): boolean {
  const plain = (text: string): string => text.replace(/\s/g, '').toUpperCase();
  return plain(a) === plain(b);
}

/** Receives a tube by its number, shows its requisition, and offers the way back. */
export async function receive(identifier: string, code: string, words: UndoWords): Promise<void> {
  const done = await command('accession.receive', { accessionIdentifier: identifier });
  const found = await lookUp('accession.requisition', { scanned: identifier });
  const row = found.ok ? found.value[0] : undefined;
  const tube = row?.tubes.find((one) => one.accessionIdentifier === identifier);
  if (!done.ok) {
    const notice = refusal(done.error, tube);
    if (row === undefined) say(notice, code);
    else openRequisition(row.requisition, code, notice, tube?.id);
    return;
  }
  const { specimenId, requisition } = done.value;
  const display = tube?.accessionDisplay ?? identifier;
  openRequisition(requisition, code, { kind: 'received', display }, specimenId);
  const receipt = { specimenId, display };
  accessionStore.setState({ lastReceived: receipt });
  offerUndo({ text: words.received(display), undo: () => undoReceive(receipt) });
}

function refusal(error: PlainError, tube: TubeRow | undefined): Notice {
  return error.code === 'specimen.alreadyReceived' && tube !== undefined
    ? { kind: 'alreadyReceived', display: tube.accessionDisplay, at: tube.receivedTime }
    : { kind: 'error', error };
}

/** Takes a receipt back, while nothing was measured. */
export async function undoReceive(receipt: { specimenId: string; display: string }): Promise<void> {
  const undone = await command('accession.undoReceive', { specimenId: receipt.specimenId });
  const { lastReceived } = accessionStore.getState();
  if (lastReceived?.specimenId === receipt.specimenId) accessionStore.setState({ lastReceived: null });
  say(undone.ok ? null : { kind: 'error', error: undone.error });
}
