import { useLiveOne } from '../../data/hooks.ts';

/** A specimen type within a sentence: `Serum` becomes `serum`, `EDTA blood` stays. */
export function inSentence(display: string): string {
  return /^\p{Lu}\p{Ll}/u.test(display) ? display.charAt(0).toLowerCase() + display.slice(1) : display;
}

/** An instrument as the bench calls it: without the station's own code before it. Another station's keeps its code. */
export function instrumentName(id: string, stationCode: string): string {
  return stationCode !== '' && id.startsWith(`${stationCode}.`) ? id.slice(stationCode.length + 1) : id;
}

/** {@link instrumentName} for this window's station. */
export function useInstrumentName(id: string): string {
  return instrumentName(id, useLiveOne('session', {})?.stationCode ?? '');
}
