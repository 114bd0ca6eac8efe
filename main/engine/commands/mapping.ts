import { createHash } from 'node:crypto';
import type { MappingVerification } from '../../../shared/documents/instrument.ts';
import { applyOverlay } from '../../../shared/profiles/overlay.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import { type Bench, person } from '../bench.ts';
import { refuse } from '../faults.ts';
import { journalledMessage, readReceived } from '../instruments/reading.ts';
import { profileShow } from '../instruments/tools/profiles.ts';
import { replaysOf } from '../instruments/tools/replay.ts';
import { mappingDigest, verificationHash } from '../instruments/tools/verification.ts';
import { verificationRows } from '../instruments/tools/verification-rows.ts';
import { verificationPdf } from '../output/verification-pdf.ts';
import { authenticate } from './access.ts';
import { instrumentOf } from './exceptions.ts';
import type { Handlers } from './handler.ts';
import { recordFacts } from './selftest.ts';

/** A message that was looked at, as the record keeps it. */
function caseOf(
  bench: Bench,
  instrumentId: string,
  number: string,
  profile: Profile,
): MappingVerification['cases'][number] {
  const known = bench.store.journal.message(number);
  const message =
    known?.instrumentId === instrumentId
      ? journalledMessage(bench.store.journal, number, profile)
      : undefined;
  if (message === undefined) {
    throw refuse(
      'message.unknown',
      `The journal has no message ${number} of this instrument.`,
      'Look at the number on the trace.',
    );
  }
  const read = readReceived(message, profile, bench.station.timeZone);
  return {
    messageNumber: number,
    at: message.at,
    results: read.reduce((n, one) => n + one.results.length, 0),
    digest: createHash('sha256').update(message.text).digest('hex'),
  };
}

/** What a replay showed, in words; refuses `replay.unknown`, and `mapping.noCases` while it runs or when it was of another instrument. */
function replayText(bench: Bench, instrumentId: string, replayId: string): string {
  const run = replaysOf(bench).progress(replayId);
  if (run.state !== 'done' || run.instrumentId !== instrumentId || run.messagesDone === 0)
    throw refuse('mapping.noCases', 'This replay showed nothing to sign for.', 'Let one run to its end.');
  const { same, changed, wouldPost, wouldHold, lost } = run.counts;
  const counts = `${same} same, ${changed} changed, ${wouldPost} would post, ${wouldHold} would be held, ${lost} not found, ${run.counts.new} new`;
  return `${run.messagesDone} messages: ${counts}. SHA-256 ${run.digest}`;
}

export const mappingHandlers: Handlers<'mapping.verify' | 'mapping.verificationPdf'> = {
  'mapping.verificationPdf': async (call, { instrumentId, verificationId }) => {
    const { bench } = call;
    const doc = await instrumentOf(bench.store, instrumentId);
    const record = verificationRows(bench, doc).find(({ id }) => id === verificationId);
    if (record === undefined)
      throw refuse(
        'mapping.noRecord',
        `${doc.name} has no such record of a verification.`,
        'Choose one of its records.',
      );
    const { time, ...facts } = await recordFacts(call, instrumentId);
    const { profile, tests } = await profileShow(bench, doc);
    const pdf = verificationPdf(record, tests, { ...facts, profile: profile.name }, time);
    return { pdf: Buffer.from(pdf).toString('base64'), name: `verification-${facts.instrument}.pdf` };
  },

  'mapping.verify': async (call, { instrumentId, tests, cases, replayId, statement, pin }) => {
    const { bench, context, at } = call;
    const who = await authenticate(call, person(call), { pin });
    if (cases.length === 0 && replayId === undefined)
      throw refuse('mapping.noCases', 'Nothing was looked at.', 'Name messages, or replay some.');
    return bench.store.write({ ...context, reason: statement }, async (unit) => {
      const instrument = await instrumentOf(unit, instrumentId);
      const profile = applyOverlay(bench.instruments.layers(instrumentId).station, instrument.overlay);
      const measured = new Set(profile.tests.map((test) => test.test));
      const wrong = tests.find((test) => !measured.has(test));
      if (wrong !== undefined)
        throw refuse(
          'mapping.unknownTest',
          `${instrument.name} does not measure ${wrong}.`,
          'Choose from its tests.',
        );
      const content: Omit<MappingVerification, 'contentHash'> = {
        id: bench.newId(),
        tests: [...new Set(tests)].map((testCode) => ({
          testCode,
          digest: mappingDigest(profile, testCode),
        })),
        profileId: profile.id,
        profileVersion: profile.version,
        overlayVersion: instrument.overlayVersion,
        cases: [...new Set(cases)].map((number) => caseOf(bench, instrumentId, number, profile)),
        replay: replayId === undefined ? '' : replayText(bench, instrumentId, replayId),
        statement,
        personId: who.id,
        name: who.name,
        role: who.roles.join(', '),
        at,
      };
      const record = { ...content, contentHash: verificationHash(content) };
      unit.put('instruments', { ...instrument, verifications: [...instrument.verifications, record] });
      return { verificationId: record.id };
    });
  },
};
