import { labelTime } from '../../../shared/labels/format.ts';
import { person } from '../bench.ts';
import { stationInstrument } from '../instruments/tools/profiles.ts';
import { selfTestReport } from '../instruments/tools/selftest.ts';
import { selfTestPdf } from '../output/selftest-pdf.ts';
import { laboratoryOf } from '../results/report-content.ts';
import type { Handlers } from './handler.ts';

export const selfTestHandlers: Handlers<'selftest.pdf'> = {
  'selftest.pdf': async (call, { instrumentId, since }) => {
    const { bench, at } = call;
    const { id } = stationInstrument(bench, instrumentId);
    const { builtIn } = bench.instruments.layers(instrumentId);
    const time = (instant: string) =>
      `${labelTime(instant, bench.station.timeZone) || instant} ${bench.station.timeZone}`;
    const rows = await selfTestReport(bench, instrumentId, since);
    const pdf = selfTestPdf(rows, {
      laboratory: (await laboratoryOf(bench, bench.store)).name,
      instrument: id,
      profile: `${builtIn.name} (${builtIn.id} ${builtIn.version}), ${builtIn.source.title}`,
      since: time(since),
      madeAt: time(at),
      createdAt: at,
      by: person(call).name,
    });
    return { pdf: Buffer.from(pdf).toString('base64'), name: `self-test-${id}.pdf` };
  },
};
