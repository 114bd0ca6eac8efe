import type { TFunction } from 'i18next';
import type { ProbeStepRow } from '../../../shared/ipc/server.ts';
import type { StateKind } from '../../ui/State.tsx';

type Words = TFunction<'server'>;

/** The shape of a step's state. */
export const stepKinds: Record<ProbeStepRow['state'], StateKind> = {
  waiting: 'waiting',
  running: 'scanNow',
  passed: 'passed',
  noted: 'warning',
  failed: 'refused',
  notReached: 'notEvaluated',
  left: 'notEvaluated',
};

/** What a step found, and what to do about it; empty where there is nothing to say. */
export function stepText(
  t: Words,
  step: ProbeStepRow,
  when: (at: string) => string,
): { means: string; todo: string } {
  if (step.state === 'notReached') return { means: t('notReached'), todo: '' };
  if (step.code === '') return { means: '', todo: '' };
  const values = { ...shown(step.values, when), apart: apartText(Number(step.values.seconds ?? 0)) };
  const say = (part: 'means' | 'do'): string => {
    // What was read after signing in is explained in the words of its own step.
    const places = [`steps.${step.id}`, 'steps.fhir', 'steps.all'].map(
      (place) => `${place}.${step.code}.${part}`,
    );
    return t(places, { ...values, defaultValue: '' });
  };
  return { means: say('means'), todo: step.state === 'passed' || step.state === 'left' ? '' : say('do') };
}

/** Instants among the values as a person reads them. */
function shown(values: Record<string, string>, when: (at: string) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) ? when(value) : value,
    ]),
  );
}

/** `5 h 0 min`, `7 min`: how far two clocks are apart. */
export function apartText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How a test came out as a whole. */
export function verdictOf(steps: readonly ProbeStepRow[]): {
  state: 'none' | 'running' | 'passed' | 'noted' | 'failed';
  at: ProbeStepRow | undefined;
} {
  if (steps.length === 0) return { state: 'none', at: undefined };
  const running = steps.find((step) => step.state === 'running' || step.state === 'waiting');
  if (running !== undefined) return { state: 'running', at: running };
  const failed = steps.find((step) => step.state === 'failed');
  if (failed !== undefined) return { state: 'failed', at: failed };
  const noted = steps.find((step) => step.state === 'noted');
  return noted === undefined ? { state: 'passed', at: undefined } : { state: 'noted', at: noted };
}
