import type { CommandName } from '../../../shared/ipc/contract.ts';
import { labelTime } from '../../../shared/labels/format.ts';
import { person } from '../bench.ts';
import { indicatorsPdf } from '../output/indicators-pdf.ts';
import { indicatorFigures } from '../queries/indicators.ts';
import { laboratoryOf } from '../results/report-content.ts';
import { callWithinOf } from '../settings.ts';
import type { Handlers } from './handler.ts';

/** The sheet of the quality indicators (C6). */
export const indicatorHandlers: Handlers<Extract<CommandName, `indicators.${string}`>> = {
  'indicators.pdf': async (call, { from, to, ...given }) => {
    const { bench, at } = call;
    const callWithin = given.callWithin ?? (await callWithinOf(bench.store));
    const zone = bench.station.timeZone;
    const pdf = indicatorsPdf(await indicatorFigures(bench, { from, to, callWithin }), {
      laboratory: (await laboratoryOf(bench, bench.store)).name,
      days: `${from} to ${to}`,
      callWithin,
      madeAt: labelTime(at, zone) || at,
      createdAt: at,
      by: person(call).name,
    });
    return { pdf: Buffer.from(pdf).toString('base64'), name: `indicators-${from}-${to}.pdf` };
  },
};
