import type { PatientDoc, ReportDoc, ResultDoc } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import { displayAge } from '../../../shared/domain/age.ts';
import { displayName } from '../../../shared/domain/names.ts';
import { corrections } from '../../../shared/domain/report.ts';
import { displayUnit } from '../../../shared/domain/units.ts';
import { labelDate, labelTime } from '../../../shared/labels/format.ts';
import type { ReportContent, ReportFlag, ReportRow } from '../../../shared/reports/content.ts';
import type { Bench } from '../bench.ts';
import { reportHash } from '../output/content-hash.ts';
import { readSetting } from '../settings.ts';
import type { Reader } from '../store/store.ts';
import { type RequisitionRecords, recordsOf } from './report-state.ts';

/** Name and address of the laboratory: from its settings, else from the station file. */
export async function laboratoryOf(bench: Bench, reader: Reader): Promise<{ name: string; address: string }> {
  const set = await readSetting<{ name: string; address: string }>(reader, 'laboratory');
  return set ?? bench.station.laboratory ?? { name: '', address: '' };
}

const sexWords = { male: 'male', female: 'female', other: 'other', unknown: 'not known' } as const;

function row(bench: Bench, result: ResultDoc, corrected: boolean): ReportRow {
  const flag: ReportFlag = result.interpretation === 'N' ? '' : result.interpretation;
  return {
    test: result.testName,
    result: result.value.text.trim(),
    flag,
    unit: displayUnit(result.value.unit),
    range: result.range?.text ?? '',
    previous:
      result.previous === null
        ? null
        : { result: result.previous.text.trim(), at: labelTime(result.previous.at, bench.station.timeZone) },
    comment: result.comment,
    ...(corrected ? { corrected: true } : {}),
  };
}

function sections(
  bench: Bench,
  records: RequisitionRecords,
  released: ReadonlyMap<string, ResultDoc>,
  corrected: ReadonlySet<string>,
) {
  const shown = new Set<string>();
  return records.orders
    .filter((order) => order.status === 'active' || order.status === 'completed')
    .map((order) => ({
      title: order.display,
      rows: order.testCodes.flatMap((code) => {
        const result = released.get(code);
        if (result === undefined || shown.has(result.id)) return [];
        shown.add(result.id);
        return [row(bench, result, corrected.has(result.id))];
      }),
    }))
    .filter((section) => section.rows.length > 0);
}

/**
 * What a report says now (C1). `reportedAt` is the instant on the report; empty before signing, and always empty in what is hashed.
 * Undefined when the patient is not on this station.
 */
export async function reportContent(
  bench: Bench,
  reader: Reader,
  report: ReportDoc,
  reportedAt: string,
): Promise<ReportContent | undefined> {
  const patient = await reader.get('patients', report.patientId);
  if (patient === undefined) return undefined;
  const records = await recordsOf(reader, report.requisition);
  const laboratory = await laboratoryOf(bench, reader);
  const zone = bench.station.timeZone;
  const time = (instant: string) => (instant === '' ? '' : labelTime(instant, zone));
  const wanted = new Set(report.resultIds);
  const released = new Map(records.results.filter((r) => wanted.has(r.id)).map((r) => [r.testCode, r]));
  const people = await names(reader, records.results);
  const changed = corrections(records.results).filter((c) => wanted.has(c.resultId));
  const byId = new Map(records.results.map((r) => [r.id, r]));
  const flagOf = (id: string): ReportFlag => {
    const flag = byId.get(id)?.interpretation ?? '';
    return flag === 'N' ? '' : flag;
  };
  const replaced = report.replacesId === '' ? undefined : await reader.get('reports', report.replacesId);
  const [order] = records.orders;
  const used = new Set([...released.values()].map((r) => r.specimenId));
  return {
    laboratory: { name: laboratory.name, address: laboratory.address.split(/\s*[\n;]\s*/).filter(Boolean) },
    title: report.title,
    requisition: report.requisition,
    status: report.version > 1 ? 'corrected' : report.state === 'incomplete' ? 'partial' : 'final',
    version: report.version,
    replaces:
      replaced === undefined ? null : { version: replaced.version, reported: time(replaced.issuedTime) },
    createdAt: report.createdAt,
    reported: time(reportedAt),
    patient: patientPart(patient, order === undefined ? '' : order.authoredOn, records),
    requester: order?.requester ?? '',
    ward: order?.ward || patient.ward,
    priority: report.priority,
    specimens: records.specimens
      .filter((specimen) => used.has(specimen.id) || specimen.status === 'rejected')
      .map((specimen) => ({
        accession: formatAccession(specimen.accessionIdentifier),
        source: [specimen.typeDisplay, specimen.container].filter(Boolean).join(', '),
        collected: time(specimen.collectedTime),
        received: time(specimen.receivedTime),
        condition:
          specimen.status === 'rejected' ? `Rejected: ${specimen.conditionText}` : specimen.conditionText,
      })),
    corrections: changed.map((c) => ({
      test: c.testName,
      unit: displayUnit(c.unit),
      old: {
        result: c.oldText,
        flag: flagOf(byId.get(c.resultId)?.replacesId ?? ''),
        reported: time(c.oldAt),
        by: '',
      },
      now: {
        result: c.newText,
        flag: flagOf(c.resultId),
        reported: time(c.newAt),
        by: people.get(c.by) ?? c.by,
      },
      reason: c.why || report.correctionReason,
    })),
    sections: sections(bench, records, released, new Set(changed.map((c) => c.resultId))),
    comments: [],
    conclusion: report.conclusion,
  };
}

function patientPart(
  patient: PatientDoc,
  orderedAt: string,
  records: RequisitionRecords,
): ReportContent['patient'] {
  const { name, transliteration } = displayName(patient);
  const at = records.specimens.find((s) => s.collectedTime !== '')?.collectedTime ?? orderedAt;
  return {
    name,
    transliteration,
    id: patient.identifier,
    birthDate: labelDate(patient.birthDate),
    age: displayAge(patient.birthDate, at),
    sex: sexWords[patient.sex],
  };
}

async function names(reader: Reader, results: readonly ResultDoc[]): Promise<Map<string, string>> {
  const ids = [...new Set(results.flatMap((r) => [r.verifiedBy, r.enteredBy]).filter((id) => id !== ''))];
  return new Map((await reader.getMany('people', ids)).map((p) => [p.id, p.name]));
}

/** SHA-256 that a signature of this report is bound to (C4): everything it says but the time of signing itself. */
export async function hashOf(bench: Bench, reader: Reader, report: ReportDoc): Promise<string> {
  const content = await reportContent(bench, reader, report, '');
  return content === undefined ? '' : reportHash(content);
}
