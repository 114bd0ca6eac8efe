import { describe, expect, it } from 'vitest';
import { Overlay } from '../../profiles/overlay.ts';
import { instrumentsOverlay } from './0003-instruments-overlay.ts';

const instrument = {
  id: 'T1.CHEM1',
  name: 'CHEM1',
  overlay: {
    NAX: { testCode: 'NA', by: 'p1', at: '2026-07-29T06:42:05.118Z' },
    KX: { testCode: 'K', by: 'p2', at: '2026-07-30T06:42:05.118Z' },
  },
};

describe('migration 0003: instruments get a whole overlay', () => {
  it('keeps each mapped code, and who changed it last', () => {
    const after = instrumentsOverlay.migrate('instruments', instrument);
    expect(Overlay.parse(after.overlay).tests.map(({ code, test, unit }) => [code, test, unit])).toEqual([
      ['NAX', 'NA', null],
      ['KX', 'K', null],
    ]);
    expect(after).toMatchObject({
      id: 'T1.CHEM1',
      overlayVersion: 2,
      overlayBy: 'p2',
      overlayAt: '2026-07-30T06:42:05.118Z',
      verifications: [],
    });
  });

  it('gives an instrument without additions an empty one', () => {
    const after = instrumentsOverlay.migrate('instruments', { id: 'x', overlay: {} });
    expect(after.overlay).toEqual(Overlay.parse({}));
    expect(after).toMatchObject({ overlayVersion: 0, overlayBy: '', overlayAt: '' });
    expect(instrumentsOverlay.migrate('instruments', { id: 'y' }).overlay).toEqual(Overlay.parse({}));
  });

  it('can be repeated and leaves other collections as they are', () => {
    const once = instrumentsOverlay.migrate('instruments', instrument);
    expect(instrumentsOverlay.migrate('instruments', once)).toEqual(once);
    expect(instrumentsOverlay.migrate('orders', instrument)).toEqual(instrument);
  });
});
