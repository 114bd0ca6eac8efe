import type { WorklistRow } from '../../../shared/ipc/results.ts';
import type { EngineClient } from '../../contract/engine-client.ts';

/** What a morning has beside its ordinary values, each as text the way somebody typed it: critical, abnormal, a text, a comparator. */
const typed: readonly { testCode: string; valueText: string; comment?: string }[] = [
  { testCode: 'K', valueText: '6.8', comment: 'Haemolysed? H-index 182.' },
  { testCode: 'HGB', valueText: '61' },
  { testCode: 'GLU', valueText: '1.9' },
  { testCode: 'CRP', valueText: '<0.6' },
  { testCode: 'NA', valueText: 'clotted' },
];

/** The first specimen on which a test still waits. */
function waitingFor(rows: readonly WorklistRow[], testCode: string): WorklistRow | undefined {
  return rows.find((row) => row.tests.some((test) => test.code === testCode && test.state === 'waiting'));
}

/** Enters values by hand on tubes that were received and not measured, as the technician; another person has to release them (V5). */
export async function busyMorning(tech: EngineClient): Promise<void> {
  for (const { testCode, valueText, comment } of typed) {
    const rows = await tech.rows('worklist.list', { filter: 'waiting' });
    const tube = waitingFor(rows, testCode);
    if (tube === undefined) continue;
    await tech.command('result.enter', {
      accessionIdentifier: tube.accessionIdentifier,
      testCode,
      valueText,
      comment: comment ?? '',
    });
  }
}
