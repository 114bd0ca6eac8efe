import type { Reason } from '../../../shared/documents/common.ts';
import type { ReportDoc } from '../../../shared/documents/report.ts';
import { callsOf } from '../../../shared/domain/critical-call.ts';
import { gateIn } from '../../../shared/domain/qc/gate.ts';
import { maySign, signChecks } from '../../../shared/domain/report.ts';
import { labelTime } from '../../../shared/labels/format.ts';
import { type Bench, type Call, person } from '../bench.ts';
import { refuseClaimed } from '../claims/start.ts';
import { refuse } from '../faults.ts';
import { queueReport } from '../hospital/outbox.ts';
import { reportPdf } from '../output/report-pdf.ts';
import { endAmendments, endsBy } from '../replication/amended.ts';
import { asNew, isKept } from '../replication/kept.ts';
import { callTask } from '../results/release.ts';
import { hashOf, laboratoryOf, reportContent } from '../results/report-content.ts';
import { recordsOf, refreshReport } from '../results/report-state.ts';
import type { Reader, Writer } from '../store/store.ts';
import { authenticate } from './access.ts';
import type { Handlers } from './handler.ts';

/** Name of the signed report's attachment. */
export const REPORT_PDF = 'report.pdf';

async function reportOf(reader: Reader, id: string): Promise<ReportDoc> {
  const report = await reader.get('reports', id);
  if (report === undefined)
    throw refuse('report.unknown', 'This report is not on this station.', 'Look it up again.');
  return report;
}

async function unsigned(reader: Reader, id: string): Promise<ReportDoc> {
  const report = await reportOf(reader, id);
  if (report.state === 'signed') {
    throw refuse(
      'report.signed',
      'This report is signed and never changes.',
      'Open a correction: it becomes the next version.',
    );
  }
  return report;
}

/** All checks before signing, with their outcomes (C1, C4, V3, W13). */
export async function checksOf(bench: Bench, reader: Reader, report: ReportDoc): Promise<Reason[]> {
  const records = await recordsOf(reader, report.requisition);
  const called = new Map<string, string>();
  for (const result of records.results) {
    const task = await callTask(reader, result.id);
    const station = task === undefined ? '' : (callsOf(task)[0]?.station ?? '');
    if (task?.status === 'done') called.set(result.id, station === bench.station.code ? '' : station);
  }
  return signChecks({
    patient: (await reader.get('patients', report.patientId)) ?? null,
    laboratory: await laboratoryOf(bench, reader),
    orders: records.orders,
    specimens: records.specimens,
    results: records.results,
    called,
    qc: new Map(records.results.map((result) => [result.id, gateIn(result.because).state])),
    version: report.version,
    correctionReason: report.correctionReason,
  });
}

async function sign(
  call: Call,
  unit: Writer,
  args: { reportId: string; meaning: string; contentHash: string },
) {
  const { bench, at } = call;
  const who = person(call);
  const report = await unsigned(unit, args.reportId);
  refuseClaimed(bench, 'reports', report.id, `The report of ${report.requisition}`);
  if (report.state === 'incomplete' || !report.current) {
    throw refuse(
      'report.notReady',
      'Not every ordered test is released yet.',
      'Wait for the bench, or send it back.',
    );
  }
  const checks = await checksOf(bench, unit, report);
  if (!maySign(checks)) {
    const against = checks.filter((check) => check.outcome === 'block').map((check) => check.text);
    throw refuse('report.notReady', against.join(' '), 'Do what is named, then sign.');
  }
  const hash = await hashOf(bench, unit, report);
  if (hash !== args.contentHash) {
    throw refuse(
      'report.changed',
      'The report changed while you were reading it.',
      'Read it again, then sign.',
    );
  }
  const signature = { personId: who.id, name: who.name, at, meaning: args.meaning, contentHash: hash };
  const signed: ReportDoc = {
    // What is signed goes to the server, also where the unsigned version was deleted there and kept here.
    ...(isKept(report) ? asNew(report, at) : report),
    state: 'signed',
    status: report.version > 1 ? 'corrected' : 'final',
    signature,
    issuedTime: at,
    sendBackReason: '',
  };
  const content = await reportContent(bench, unit, signed, at);
  if (content === undefined)
    throw refuse('patient.unknown', 'The patient of this report is not here.', 'Sync, then try again.');
  const pdf = reportPdf(content, shownSignature(bench, signature));
  unit.put('reports', signed);
  unit.attach('reports', signed.id, REPORT_PDF, 'application/pdf', pdf);
  await endAmendments(endsBy(unit), signed, who.id, at);
  await queueReport(bench, unit, at, signed);
  unit.afterCommit(() => bench.claims.give('reports', signed.id));
  return signed;
}

function shownSignature(bench: Bench, signature: NonNullable<ReportDoc['signature']>) {
  const zone = bench.station.timeZone;
  return {
    name: signature.name,
    meaning: signature.meaning,
    at: `${labelTime(signature.at, zone)} ${zone}`,
    contentHash: signature.contentHash,
  };
}

export const reportsHandlers: Handlers<
  'report.sign' | 'report.conclude' | 'report.sendBack' | 'report.amend' | 'report.pdf'
> = {
  'report.sign': async (call, args) => {
    await authenticate(call, person(call), { pin: args.pin });
    const signed = await call.bench.store.write({ ...call.context, reason: args.meaning }, (unit) =>
      sign(call, unit, args),
    );
    return { issuedTime: signed.issuedTime };
  },

  'report.conclude': async (call, { reportId, conclusion }) => {
    const { bench, context } = call;
    await bench.store.write(context, async (unit) => {
      const report = await unsigned(unit, reportId);
      refuseClaimed(bench, 'reports', reportId, `The report of ${report.requisition}`);
      unit.put('reports', { ...report, conclusion });
      unit.afterCommit(() => bench.claims.take('reports', reportId, person(call)));
    });
    return null;
  },

  'report.sendBack': async ({ bench, context }, { reportId, reason }) => {
    await bench.store.write({ ...context, reason }, async (unit) => {
      const report = await unsigned(unit, reportId);
      unit.put('reports', { ...report, state: 'sentBack', sendBackReason: reason });
    });
    return null;
  },

  'report.amend': async ({ bench, context, at }, { reportId, reason }) => {
    return bench.store.write({ ...context, reason }, async (unit) => {
      const report = await reportOf(unit, reportId);
      if (report.state !== 'signed' || !report.current) {
        throw refuse(
          'report.notSigned',
          'Only the standing signed version is corrected.',
          'Open the newest version.',
        );
      }
      await refreshReport(unit, report.requisition, at, reason);
      const next = (
        await unit.find('reports', { selector: { requisition: { $eq: report.requisition } } })
      ).find((r) => r.current);
      return { reportId: next?.id ?? reportId };
    });
  },

  'report.pdf': async ({ bench }, { reportId }) => {
    const report = await reportOf(bench.store, reportId);
    const name = `report-${report.requisition}-${report.version}.pdf`;
    const stored =
      report.state === 'signed'
        ? await bench.store.readAttachment('reports', report.id, REPORT_PDF)
        : undefined;
    if (stored !== undefined) return { pdf: Buffer.from(stored).toString('base64'), name };
    const content = await reportContent(bench, bench.store, report, report.issuedTime);
    if (content === undefined)
      throw refuse('patient.unknown', 'The patient of this report is not here.', 'Sync, then try again.');
    const signature = report.signature === null ? null : shownSignature(bench, report.signature);
    return { pdf: Buffer.from(reportPdf(content, signature)).toString('base64'), name };
  },
};
