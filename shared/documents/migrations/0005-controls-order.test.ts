import { describe, expect, it } from 'vitest';
import { controlsOrder } from './0005-controls-order.ts';

const before = {
  id: 'c1',
  measuredTime: '2026-07-29T06:00:00.000Z',
  postedTime: '2026-07-29T06:42:05.118Z',
  hits: [],
};

describe('migration 0005: controls get the time they are ordered by', () => {
  it('takes the time of measurement, and the time of posting where there is none or it lies ahead', () => {
    expect(controlsOrder.migrate('controls', before)).toEqual({
      ...before,
      effectiveTime: before.measuredTime,
    });
    for (const measuredTime of ['', '2031-01-01T00:00:00.000Z'])
      expect(controlsOrder.migrate('controls', { ...before, measuredTime })).toMatchObject({
        effectiveTime: before.postedTime,
      });
  });

  it('leaves controls that have it, and other collections, as they are; can be repeated', () => {
    const once = controlsOrder.migrate('controls', before);
    expect(controlsOrder.migrate('controls', once)).toEqual(once);
    expect(controlsOrder.migrate('results', before)).toEqual(before);
  });
});
