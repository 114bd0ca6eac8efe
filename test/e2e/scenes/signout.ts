import { EngineClient } from '../../contract/engine-client.ts';
import { prepareScene, type Scene, type SceneOptions, scenePeople } from './prepare.ts';

/** What the sign-out scene has besides a morning's work. */
export interface SignoutScene extends Scene {
  /** Requisition of the report whose signed value was corrected: its version 2 waits. */
  corrected: string;
  /** Requisition of the report that was sent back. */
  sentBack: string;
}

/**
 * A queue as a pathologist finds it: reports wait, three are signed, one of them was corrected after signing and waits again, one is sent
 * back to the bench. One waiting report has a conclusion.
 */
export async function prepareSignout(options: SceneOptions = {}): Promise<SignoutScene> {
  let corrected = '';
  let sentBack = '';
  const scene = await prepareScene({
    requisitions: 16,
    received: 13,
    measured: 13,
    released: 12,
    signed: 4,
    ...options,
    also: async (tech, engine) => {
      const doctor = new EngineClient(engine, 'signout-doctor');
      const lead = new EngineClient(engine, 'signout-lead');
      for (const [client, who] of [
        [doctor, scenePeople.pathologist],
        [lead, scenePeople.lead],
      ] as const) {
        await client.command('access.signIn', { username: who.username, secret: who.secret });
      }
      const [signed] = await doctor.rows('signout.cases', { filter: 'signed' }, (rows) => rows.length > 0);
      const [report] = await doctor.rows('signout.case', { reportId: signed!.id });
      const wrong = report!.results.find((one) => one.unit !== '') ?? report!.results[0]!;
      const { resultId } = await tech.command('result.correct', {
        resultId: wrong.id,
        valueText: nudged(wrong.valueText),
        reason: 'Clot in the first tube, measured again.',
      });
      await lead.command('result.release', {
        resultIds: [resultId],
        comment: 'Agreed.',
      });
      corrected = report!.requisition;
      const waiting = await doctor.rows('signout.cases', { filter: 'waiting' }, (rows) => rows.length > 3);
      const plain = waiting.filter((row) => row.version === 1 && row.priority !== 'stat');
      const back = plain.at(-1)!;
      sentBack = back.requisition;
      await doctor.command('report.sendBack', {
        reportId: back.id,
        reason: 'The potassium does not fit the ECG: please measure it again from a new tube.',
      });
      await options.also?.(tech, engine);
    },
  });
  return { ...scene, corrected, sentBack };
}

/** Another value of the same form: `4.10` becomes `4.60`, `< 5` stays. */
function nudged(text: string): string {
  const value = Number(text);
  if (!Number.isFinite(value)) return text;
  const decimals = /\.(\d+)$/.exec(text)?.[1]?.length ?? 0;
  return (value * 1.12 + 0.1 ** decimals).toFixed(decimals);
}
