import type { Switches } from '../sim/fhir/switches.ts';
import { atLeast, type Metric, round } from './metric.ts';
import { checkComplete, type Place, rateOf, Summary, withEngine } from './replicate-place.ts';

/** Of the writes that the quota allows. */
const RATE_RATIO = 0.9;
/** How far what is told of the time left may be off. */
const ESTIMATE = 0.1;

/** Draining under a quota: no error, nothing lost or repeated, and the time that is left is told truly. */
export async function* quota(
  place: Place,
  allowed: NonNullable<Switches['quota']>,
  say: (line: string) => void,
): AsyncGenerator<Metric> {
  const told: { at: number; minutes: number }[] = [];
  const { first, last, errors, refused } = await withEngine(
    place,
    { switches: { quota: allowed } },
    async ({ engine, server }) => {
      const summary = await Summary.watch(engine);
      for (const left of [0.75, 0.5, 0.3]) {
        await summary.when((row) => row.queued <= place.writes * left && row.minutesLeft !== null);
        told.push({
          at: performance.timeOrigin + performance.now(),
          minutes: summary.row?.minutesLeft ?? Number.NaN,
        });
      }
      await summary.when((row) => row.queued === 0);
      const { first, last } = await server.times();
      const answers = await checkComplete(server, place.expected);
      const errors = Object.entries(answers).reduce(
        (sum, [status, n]) => sum + (Number(status) >= 400 || status === 'destroyed' ? n : 0),
        0,
      );
      return { first, last, errors, refused: summary.row?.refused ?? 0 };
    },
  );
  const perMinute = (allowed.writes * 60) / allowed.windowSeconds;
  say(
    `${place.writes} writes at ${round(perMinute)} a minute took ${round((last - first) / 1000)} s; errors ${errors}; refused ${refused}`,
  );
  const name = `quota of ${allowed.writes} writes in ${round(allowed.windowSeconds)} s`;
  yield {
    bench: 'replicate',
    metric: `${name}: answers of 400 and above`,
    value: errors,
    unit: 'answers',
    baseline: null,
    ratio: errors,
    target: 0,
    ok: errors === 0,
  };
  const used = rateOf(place.writes, { first, last }) * 60;
  yield atLeast(
    'replicate',
    `${name}: writes a minute, against the quota`,
    used,
    'writes/min',
    RATE_RATIO,
    perMinute,
  );
  for (const { at, minutes } of told) {
    const real = (last - at) / 60_000;
    const off = Math.abs(minutes - real) / real;
    yield {
      bench: 'replicate',
      metric: `${name}: time left that was told, against the time it took`,
      value: round(minutes),
      unit: 'min',
      baseline: round(real),
      ratio: round(minutes / real),
      target: ESTIMATE,
      ok: off <= ESTIMATE,
    };
  }
}
