import type { Interpretation } from './canonical.ts';

/** The interpretation of bytes that are no message: held for a person, with the reason. */
export function unreadable(text: string): Interpretation {
  return {
    sender: { name: '', version: '', serial: '' },
    processing: '',
    sentAt: { text: '', local: null, instant: null },
    results: [],
    queries: [],
    images: [],
    orderOutcomes: [],
    comments: [],
    problems: [{ code: 'unparsable', severity: 'hold', text, record: null }],
  };
}
