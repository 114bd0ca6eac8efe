import type { CommandName } from '../../../shared/ipc/contract.ts';
import { person } from '../bench.ts';
import { refuse } from '../faults.ts';
import {
  type EqaEvent,
  type EqaItem,
  eqaEvent,
  eqaHash,
  eqaIdOf,
  itemOf,
  newItem,
  putEqaEvent,
  withItem,
  withOutcome,
} from '../qc/eqa.ts';
import type { Reader } from '../store/store.ts';
import { authenticate } from './access.ts';
import type { Handlers } from './handler.ts';

/** What a signature under a submission says. */
const MEANING = 'Measured as patients’ specimens are, submitted to the scheme';

function stillOpen(event: EqaEvent): void {
  if (event.submitted === null) return;
  throw refuse(
    'qc.eventSubmitted',
    `The results of ${event.scheme} ${event.name} were submitted on ${event.submitted.at.slice(0, 10)}.`,
    'What was submitted stays. Enter the outcome when the scheme sends it.',
  );
}

/** The standing result of a test that was measured from a survey specimen: by the number as written, or without hyphens. */
async function measured(reader: Reader, { specimen, testCode }: EqaItem) {
  for (const accession of new Set([specimen, specimen.replaceAll('-', '')])) {
    const results = await reader.find('results', {
      selector: { accessionIdentifier: { $eq: accession }, testCode: { $eq: testCode } },
    });
    const standing = results.find(
      (one) => one.current && one.verdict !== 'rejected' && one.value.kind !== 'empty',
    );
    if (standing !== undefined) return standing;
  }
  return undefined;
}

export const eqaHandlers: Handlers<Extract<CommandName, `eqa.${string}`>> = {
  'eqa.save': async (call, { eventId, scheme, name, dueOn, specimens, tests }) => {
    const { bench, at, context } = call;
    for (const code of tests)
      if (bench.catalog.test(code) === undefined)
        throw refuse('qc.eventTest', `${code} is no test of the catalogue.`, 'Check the code.');
    return bench.store.write(context, async (unit) => {
      const before = eventId === null ? undefined : await eqaEvent(unit, eventId);
      if (before !== undefined) stillOpen(before);
      const items = [...new Set(specimens)].flatMap((specimen) =>
        [...new Set(tests)].map(
          (testCode) =>
            before?.items.find((one) => one.specimen === specimen && one.testCode === testCode) ??
            newItem(specimen, testCode),
        ),
      );
      const lost = before?.items.find((one) => one.text !== '' && !items.includes(one));
      if (lost !== undefined)
        throw refuse(
          'qc.eventHasResults',
          `${lost.specimen} has a result for ${lost.testCode} already.`,
          'Take the result back first, then the specimen or the test.',
        );
      const id = before?.id ?? eqaIdOf(bench.newId());
      const fresh = { id, submitted: null, outcomeBy: '', outcomeTime: '' };
      await putEqaEvent(unit, at, { ...(before ?? fresh), scheme, name, dueOn, items, savedTime: at });
      return { eventId: id };
    });
  },

  'eqa.collect': async ({ bench, at, context }, { eventId }) =>
    bench.store.write(context, async (unit) => {
      const event = await eqaEvent(unit, eventId);
      stillOpen(event);
      let taken = 0;
      const items: EqaItem[] = [];
      for (const item of event.items) {
        const result = item.source === 'typed' ? undefined : await measured(unit, item);
        if (result === undefined || (result.id === item.resultId && result.value.text === item.text)) {
          items.push(item);
          continue;
        }
        taken += 1;
        items.push({
          ...item,
          ...{
            text: result.value.text,
            source: 'measured',
            resultId: result.id,
            by: '',
            at: result.postedTime,
          },
        });
      }
      if (taken > 0) await putEqaEvent(unit, at, { ...event, items });
      return { taken };
    }),

  'eqa.result': async (call, { eventId, specimen, testCode, text }) => {
    const { bench, at, context } = call;
    await bench.store.write(context, async (unit) => {
      const event = await eqaEvent(unit, eventId);
      stillOpen(event);
      const item = itemOf(event, specimen, testCode);
      const next: EqaItem =
        text === ''
          ? {
              ...newItem(specimen, testCode),
              at,
              target: item.target,
              totalErrorAllowed: item.totalErrorAllowed,
            }
          : { ...item, text, source: 'typed', resultId: '', by: person(call).name, at };
      await putEqaEvent(unit, at, withItem(event, next));
    });
    return null;
  },

  'eqa.submit': async (call, { eventId, pin }) => {
    const { bench, at, context } = call;
    const who = person(call);
    await authenticate(call, who, { pin });
    return bench.store.write({ ...context, reason: MEANING }, async (unit) => {
      const event = await eqaEvent(unit, eventId);
      stillOpen(event);
      if (event.items.every((one) => one.text === ''))
        throw refuse(
          'qc.nothingToSubmit',
          `${event.scheme} ${event.name} has no result yet.`,
          'Measure the survey specimens, or type what was measured.',
        );
      const hash = eqaHash(event);
      await putEqaEvent(unit, at, { ...event, submitted: { by: who.name, at, meaning: MEANING, hash } });
      return { hash };
    });
  },

  'eqa.outcome': async (call, { eventId, specimen, testCode, ...given }) => {
    const { bench, context } = call;
    await bench.store.write(context, async (unit) => {
      const event = await eqaEvent(unit, eventId);
      await putEqaEvent(
        unit,
        call.at,
        await withOutcome(call, unit, event, { specimen, testCode, ...given }),
      );
    });
    return null;
  },
};
