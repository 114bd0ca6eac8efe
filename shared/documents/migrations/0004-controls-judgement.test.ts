import { describe, expect, it } from 'vitest';
import { controlsJudgement } from './0004-controls-judgement.ts';

const before = { id: 'c1', testCode: 'NA', state: 'notEvaluated', because: [] };

describe('migration 0004: controls get what they were judged by', () => {
  it('adds the fields and keeps everything else', () => {
    const after = controlsJudgement.migrate('controls', before);
    expect(after).toEqual({
      ...before,
      lotId: '',
      runId: '',
      target: null,
      hits: [],
      excluded: null,
      reviews: [],
    });
  });

  it('leaves controls that have them, and other collections, as they are; can be repeated', () => {
    const once = controlsJudgement.migrate('controls', before);
    const judged = { ...once, lotId: 'l1' };
    expect(controlsJudgement.migrate('controls', judged)).toEqual(judged);
    expect(controlsJudgement.migrate('results', before)).toEqual(before);
  });
});
