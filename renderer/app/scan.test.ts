// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listenForScans, ScanDetector } from './scan.ts';

/** Feeds a text with a fixed gap in ms; returns the code of a scan, or null. */
function feed(detector: ScanDetector, text: string, gap: number, end = 'Enter'): string | null {
  let at = 1000;
  for (const key of [...text, end]) {
    const step = detector.key(key, at);
    if (step.do === 'scan') return step.code;
    at += gap;
  }
  return null;
}

describe('ScanDetector', () => {
  it('takes a fast run that ends with Enter or Tab as a scan', () => {
    expect(feed(new ScanDetector(), '26-210-B2-0432-K', 4)).toBe('26-210-B2-0432-K');
    expect(feed(new ScanDetector(), 'REQ-88120417', 20, 'Tab')).toBe('REQ-88120417');
  });

  it('takes typing for typing: too slow, too short, or without an end', () => {
    expect(feed(new ScanDetector(), '26-210-0432', 90)).toBeNull();
    expect(feed(new ScanDetector(), '1234', 4)).toBeNull();
    expect(feed(new ScanDetector(), '26-210-0432', 4, 'Escape')).toBeNull();
  });

  it('takes whatever follows the prefix, even when it is short', () => {
    expect(feed(new ScanDetector({ prefix: '~' }), '~A1', 4)).toBe('A1');
  });

  it('starts anew after a pause, so that typing before a scan is not part of it', () => {
    const detector = new ScanDetector();
    detector.key('x', 0);
    expect(feed(detector, '26-210-0432', 4)).toBe('26-210-0432');
  });
});

describe('listenForScans', () => {
  const scans: string[] = [];
  const typed: string[] = [];
  let stop: () => void;
  let box: HTMLInputElement;
  let at = 0;
  beforeEach(() => {
    vi.useFakeTimers();
    scans.length = 0;
    typed.length = 0;
    document.body.innerHTML = '<input id="box" value="abc"><button id="b">x</button>';
    box = document.querySelector('#box') as HTMLInputElement;
    stop = listenForScans(
      window,
      (code) => scans.push(code),
      (name) => typed.push(name),
    );
    at = 1000;
  });
  afterEach(() => {
    stop();
    vi.useRealTimers();
  });

  /** Types as the browser would: keydown first, then the character lands unless it was kept. */
  function type(target: HTMLElement, text: string, gap: number, end?: string): void {
    for (const key of [...text, ...(end === undefined ? [] : [end])]) {
      at += gap;
      vi.advanceTimersByTime(gap);
      const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
      Object.defineProperty(event, 'timeStamp', { value: at });
      const free = target.dispatchEvent(event);
      if (free && target instanceof HTMLInputElement && key.length === 1) target.value += key;
    }
  }

  it('leaves the focused field as it was and gives the code to the screen', () => {
    box.focus();
    type(box, '26-210-0432', 5, 'Enter');
    expect(scans).toEqual(['26-210-0432']);
    expect(box.value).toBe('abc');
  });

  it('gives fast typing back to the field when no end comes', () => {
    box.focus();
    type(box, 'defgh', 10);
    vi.advanceTimersByTime(500);
    expect(scans).toEqual([]);
    expect(box.value).toBe('abcdefgh');
  });

  it('a code too short for a scan is in the field as a whole before its Enter acts', () => {
    box.focus();
    const atEnter: string[] = [];
    box.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === 'Tab') atEnter.push(box.value);
    });
    type(box, '1205', 5, 'Enter');
    at += 1000;
    box.value = '';
    type(box, '6.4', 5, 'Tab');
    expect(scans).toEqual([]);
    expect(atEnter).toEqual(['abc1205', '6.4']);
  });

  it('Shift alone after fast typing keeps nothing from the field', () => {
    box.focus();
    type(box, 'defg', 10, 'Shift');
    vi.advanceTimersByTime(500);
    expect(box.value).toBe('abcdefg');
  });

  it.each([
    ['in a field', '#box'],
    ['outside of fields', '#b'],
  ])('a scan %s that a busy computer delivers late in the middle is one all the same', (_, place) => {
    const target = document.querySelector(place) as HTMLElement;
    target.focus();
    type(target, '262', 5);
    // The scanner went on at once: only the window heard of it late.
    vi.advanceTimersByTime(200);
    type(target, '10-0432', 5, 'Enter');
    expect([scans, typed, box.value]).toEqual([['26210-0432'], [], 'abc']);
  });

  it('does not touch ordinary typing', () => {
    box.focus();
    type(box, 'hello', 120, 'Enter');
    expect(scans).toEqual([]);
    expect(box.value).toBe('abchello');
  });

  it('outside a field, the digits of a scan never act as keys, and a single digit does', () => {
    const button = document.querySelector('#b') as HTMLElement;
    type(button, '26-210-0432', 5, 'Enter');
    vi.advanceTimersByTime(500);
    expect(scans).toEqual(['26-210-0432']);
    expect(typed).toEqual([]);
    at += 1000;
    type(button, '3', 5);
    vi.advanceTimersByTime(500);
    expect(typed).toEqual(['3']);
  });

  it('a digit acts before the combination that follows it, however late the window is', () => {
    const button = document.querySelector('#b') as HTMLElement;
    const order: string[] = typed;
    const below = (event: KeyboardEvent): void => {
      order.push(`${event.altKey ? 'Alt+' : event.ctrlKey ? 'Ctrl+' : ''}${event.key}`);
    };
    window.addEventListener('keydown', below);
    for (const [init, later] of [
      [{ key: '2', altKey: true }, 5],
      [{ key: 'z', ctrlKey: true }, 400],
    ] as const) {
      at += 1000;
      type(button, '7', 5);
      // No timer fires meanwhile: the window was busy, and its keys come before its timers.
      at += later;
      for (const press of [{ ...init, key: init.key === '2' ? 'Alt' : 'Control' }, init]) {
        const event = new KeyboardEvent('keydown', { ...press, bubbles: true });
        Object.defineProperty(event, 'timeStamp', { value: at });
        button.dispatchEvent(event);
      }
    }
    window.removeEventListener('keydown', below);
    vi.advanceTimersByTime(500);
    expect(order).toEqual(['Alt+Alt', '7', 'Alt+2', 'Ctrl+Control', '7', 'Ctrl+z']);
  });

  it('a separator that the scanner sends with Ctrl does not cut a scan', () => {
    const button = document.querySelector('#b') as HTMLElement;
    type(button, '01095', 5);
    const event = new KeyboardEvent('keydown', { key: ']', ctrlKey: true, bubbles: true });
    Object.defineProperty(event, 'timeStamp', { value: at + 5 });
    button.dispatchEvent(event);
    at += 5;
    type(button, '10AB', 5, 'Enter');
    expect(scans).toEqual(['0109510AB']);
    expect(typed).toEqual([]);
  });

  it('a radio with the focus is no field: a scan goes to the screen, and keys pressed fast act', () => {
    document.body.innerHTML = '<input id="r" type="radio">';
    const radio = document.querySelector('#r') as HTMLElement;
    radio.focus();
    type(radio, '26-210-0432', 5, 'Enter');
    vi.advanceTimersByTime(500);
    expect([scans, typed]).toEqual([['26-210-0432'], []]);
    at += 1000;
    type(radio, 'vv9', 5);
    vi.advanceTimersByTime(500);
    expect(typed).toEqual(['V', 'V', '9']);
  });

  it('a field for numbers gets fast typing back, though it has no selection', () => {
    document.body.innerHTML = '<input id="n" type="number">';
    const field = document.querySelector('#n') as HTMLInputElement;
    field.focus();
    type(field, '12345', 10);
    vi.advanceTimersByTime(500);
    expect(field.value).toBe('12345');
  });
});
