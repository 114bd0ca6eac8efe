import type { Observation } from 'fhir/r4';
import { valueFrom } from '../../shared/fhir/value.ts';
import type { Analyser, AnalyserEvent, SentResult } from '../sim/analyser/analyser.ts';
import type { Demo } from '../sim/demo.ts';

/** What a demo day came to; every figure is counted where it counts: at the printer, the analysers and the central server. */
export interface Summary {
  /** Specimens at the server with a time of receipt. */
  accessioned: number;
  /** Labels the printer printed. */
  labelsPrinted: number;
  /** Result messages whose last frame was acknowledged to an analyser. */
  messagesAcknowledged: number;
  /** Results of patients in those messages that are Observations at the server. */
  resultsPosted: number;
  /** Of these, final ones. */
  verified: number;
  /** Final reports at the server, with their PDF. */
  signed: number;
  /** Resources this station put on the server. */
  onServer: number;
  /** Identifiers that more than one resource carries. */
  duplicatesOnServer: number;
  /** Acknowledged results that are neither an Observation nor a held exception at the server, and requisitions without their report. */
  lost: number;
  /** Held as exceptions, visible at the server as tasks. */
  held: number;
  /** Minutes the server was away, and what waited for it at its return. */
  outage: { seconds: number; queuedAtReturn: number };
  seconds: number;
}

/** What one acknowledged message said, as the analyser knows it. */
export interface Acknowledged {
  analyser: string;
  messageId: string;
  specimenId: string;
  results: SentResult[];
}

/** Collects every message the analysers consider acknowledged. Controls are left out. */
export function collectAcknowledged(analysers: ReadonlyMap<string, Analyser>): Acknowledged[] {
  const all: Acknowledged[] = [];
  for (const [analyser, machine] of analysers) {
    machine.on((event: AnalyserEvent) => {
      if (event.type !== 'acknowledged' || event.qc) return;
      all.push({
        analyser,
        messageId: event.messageId,
        specimenId: event.specimenId,
        results: event.results,
      });
    });
  }
  return all;
}

/** Number of results of patients that were acknowledged but cannot be found at the server, by specimen and text. */
export function lostResults(
  demo: Demo,
  acknowledged: readonly Acknowledged[],
): { lost: number; posted: number; held: number } {
  const specimenOf = new Map<string, string>();
  for (const resource of demo.server.control.all('Specimen')) {
    const number = (resource as { accessionIdentifier?: { value?: string } }).accessionIdentifier?.value;
    if (number !== undefined) specimenOf.set(`Specimen/${resource.id}`, number);
  }
  const present = new Map<string, number>();
  for (const resource of demo.server.control.all('Observation') as unknown as Observation[]) {
    const specimen = specimenOf.get(resource.specimen?.reference ?? '');
    if (specimen === undefined) continue;
    const key = `${specimen} ${valueFrom(resource).text.trim()}`;
    present.set(key, (present.get(key) ?? 0) + 1);
  }
  const tasks = JSON.stringify(demo.server.control.all('Task'));
  let lost = 0;
  let posted = 0;
  let held = 0;
  for (const message of acknowledged) {
    for (const result of message.results) {
      const key = `${message.specimenId} ${result.text.trim()}`;
      const left = present.get(key) ?? 0;
      if (left > 0) {
        present.set(key, left - 1);
        posted += 1;
      } else if (tasks.includes(message.specimenId) && tasks.includes(result.text)) held += 1;
      else lost += 1;
    }
  }
  return { lost, posted, held };
}
