import { labelTime } from '../../../shared/labels/format.ts';
import { type Call, person } from '../bench.ts';
import { refuse } from '../faults.ts';
import { localDay } from '../local-time.ts';
import type { QcReportFacts } from '../output/qc-report-pdf.ts';
import { laboratoryOf } from '../results/report-content.ts';
import { namesOfPeople } from './people.ts';

/** The line of an instrument of this station. @throws LeveyError `qc.unknownInstrument` */
export function instrumentOf({ bench }: Call, id: string): { id: string; name: string } {
  const line = bench.instruments.lines().find((one) => one.id === id);
  if (line === undefined)
    throw refuse('qc.unknownInstrument', 'This instrument is not on this station.', 'Look it up again.');
  return line;
}

/** What stands on a printed page of controls besides what was measured; the signature is the caller's. */
export async function reportFacts(
  call: Call,
  {
    instrumentId,
    testCode,
    firstDay,
    lastDay,
  }: { instrumentId: string; testCode: string; firstDay: string; lastDay: string },
): Promise<Omit<QcReportFacts, 'signature'>> {
  const { bench, at } = call;
  const zone = bench.station.timeZone;
  return {
    laboratory: await laboratoryOf(bench, bench.store),
    instrument: instrumentOf(call, instrumentId).name,
    testName: bench.catalog.test(testCode)?.name ?? testCode,
    days: `${firstDay} to ${lastDay}`,
    zone,
    createdAt: at,
    by: person(call).name,
    time: (instant) => labelTime(instant, zone) || instant,
    day: (instant) => localDay(zone, new Date(instant)),
    nameOf: await namesOfPeople(bench.store),
  };
}
