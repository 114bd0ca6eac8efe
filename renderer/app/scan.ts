import { useEffect, useRef } from 'react';
import { isTyping, keyNameOf } from './keys.ts';

/**
 * Tells a keyboard-wedge scanner from typing: a scanner sends its characters within milliseconds of each other and ends with Enter
 * or Tab, or it starts with a prefix nobody types. Pure: keys and times go in, what to do comes out.
 */
export interface ScanRules {
  /** Longest gap between two characters of a scan, ms. */
  maxGapMs: number;
  /** Shortest code, characters. */
  minLength: number;
  /** From this many fast characters on, the rest is kept from the focused field until it is known what it was. */
  suspectAfter: number;
  /** A character the scanner sends first; '' when it sends none. */
  prefix: string;
}

export const defaultScanRules: ScanRules = { maxGapMs: 35, minLength: 5, suspectAfter: 3, prefix: '\u0002' };

export type ScanStep =
  /** Ordinary typing: let it through. */
  | { do: 'pass' }
  /** May begin a scan: remember the field as it is now, and let the character through. */
  | { do: 'remember' }
  /** Part of a scan: keep it from the page. */
  | { do: 'swallow' }
  /** The end of a scan: keep the key from the page, put the remembered field back, and give the code to the screen. */
  | { do: 'scan'; code: string };

export class ScanDetector {
  readonly #rules: ScanRules;
  #text = '';
  #swallowed = '';
  #prefixed = false;
  #last = Number.NEGATIVE_INFINITY;

  constructor(rules: Partial<ScanRules> = {}) {
    this.#rules = { ...defaultScanRules, ...rules };
  }

  /** Characters kept from the page and not yet known to be a scan. */
  get held(): string {
    return this.#swallowed;
  }

  /** Characters that have come so fast that they may be a scan. */
  get length(): number {
    return this.#text.length;
  }

  /** One key. `at` in ms from any fixed point (event.timeStamp). Call {@link flush} first when the gap was too long. */
  key(key: string, at: number): ScanStep {
    const fast = at - this.#last <= this.#rules.maxGapMs;
    if (key === 'Enter' || key === 'Tab') {
      const code = this.#text;
      const isScan = fast && (this.#prefixed ? code.length > 0 : code.length >= this.#rules.minLength);
      this.#reset();
      return isScan ? { do: 'scan', code } : { do: 'pass' };
    }
    if (key.length !== 1) {
      if (key !== 'Shift' && key !== 'CapsLock') this.#reset();
      return { do: 'pass' };
    }
    if (this.#rules.prefix !== '' && key === this.#rules.prefix) {
      this.#reset();
      this.#prefixed = true;
      this.#last = at;
      return { do: 'swallow' };
    }
    if (!fast) this.#reset();
    this.#last = at;
    this.#text += key;
    if (this.#text.length === 1 && !this.#prefixed) return { do: 'remember' };
    if (this.#prefixed || this.#text.length >= this.#rules.suspectAfter) {
      this.#swallowed += key;
      return { do: 'swallow' };
    }
    return { do: 'pass' };
  }

  /** Gives up on a scan: the characters that were kept from the page. */
  flush(): string {
    const held = this.#swallowed;
    this.#reset();
    return held;
  }

  #reset(): void {
    this.#text = '';
    this.#swallowed = '';
    this.#prefixed = false;
    this.#last = Number.NEGATIVE_INFINITY;
  }
}

/**
 * Characters that came as fast as those of a scan wait so long for the rest, ms: a busy computer delivers keys late, and half a scan must not act
 * as keys. Their own times say whether they belong together.
 */
const LATE_MS = 250;

/** Takes a scan; true when it did something with it, false to let the next one try. */
export type ScanHandler = (code: string) => boolean | undefined;

const handlers: { current: ScanHandler }[] = [];

/** Gives a code to the newest handler that takes it. Serial scanners and the palette call it too. */
export function deliverScan(code: string): boolean {
  for (const handler of handlers.toReversed()) if (handler.current(code) !== false) return true;
  return false;
}

/** Takes scans while the component is mounted, wherever focus is. The newest handler is asked first. */
export function useScan(handler: ScanHandler): void {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    handlers.push(latest);
    return () => {
      handlers.splice(handlers.indexOf(latest), 1);
    };
  }, []);
}

const modifiers: ReadonlySet<string> = new Set(['Control', 'Alt', 'AltGraph', 'Meta', 'Shift']);

type TextBox = HTMLInputElement | HTMLTextAreaElement;
/** Radios and check boxes are inputs, too, and take no text: with the focus on one a scan is as it is outside of fields. */
const isTextBox = (target: EventTarget | null): target is TextBox =>
  (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) && isTyping(target);

/** Sets a field as React sees it: through the prototype's setter, with an input event. */
function setText(box: TextBox, text: string): void {
  const prototype =
    box instanceof HTMLInputElement ? HTMLInputElement.prototype : HTMLTextAreaElement.prototype;
  Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(box, text);
  box.dispatchEvent(new Event('input', { bubbles: true }));
}

/**
 * Listens for scans on the whole page, before anything else sees the keys. A scan leaves the focused field as it was; what turns out
 * to be fast typing is given back to it. Outside a field every character waits for the gap to pass, so that the digits of
 * a scan never switch screens; `onTyped` then gets the key. Returns the way to stop.
 */
export function listenForScans(
  page: Window,
  onScan: (code: string) => void,
  onTyped: (name: string, target: EventTarget | null) => void,
  rules?: Partial<ScanRules>,
): () => void {
  const detector = new ScanDetector(rules);
  const { maxGapMs: gap, suspectAfter } = { ...defaultScanRules, ...rules };
  let box: { element: TextBox; text: string } | null = null;
  let outside: { name: string; target: EventTarget | null }[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const giveBack = (): void => {
    const held = detector.flush();
    const keys = outside;
    outside = [];
    for (const { name, target } of keys) onTyped(name, target);
    if (keys.length === 0 && held !== '' && box !== null && box.element === page.document.activeElement) {
      insertText(box.element, held);
    }
    box = null;
  };
  const keep = (event: KeyboardEvent): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.target instanceof HTMLSelectElement) return;
    if (event.ctrlKey || event.altKey || event.metaKey) {
      // What was typed before a combination acts before it; within a scan a combination is a separator (Ctrl+] for GS1) that says nothing.
      const scanning = event.timeStamp - lastAt <= gap && detector.length >= suspectAfter;
      if (!scanning && !modifiers.has(event.key) && (outside.length > 0 || detector.held !== '')) {
        clearTimeout(timer);
        giveBack();
      }
      return;
    }
    // Shift says nothing by itself: what is held is still given back in its time.
    if (modifiers.has(event.key)) return;
    clearTimeout(timer);
    if (event.timeStamp - lastAt > gap && (outside.length > 0 || detector.held !== '')) giveBack();
    lastAt = event.timeStamp;
    const held = detector.held;
    const step = detector.key(event.key, event.timeStamp);
    if (step.do === 'scan') {
      keep(event);
      if (box !== null && box.element.value !== box.text) setText(box.element, box.text);
      box = null;
      outside = [];
      onScan(step.code);
      return;
    }
    const character = event.key.length === 1;
    // No scan after all: the field has all that was typed before Enter, Tab or any such key does what it does there.
    if (!character && held !== '' && detector.held === '' && box?.element === page.document.activeElement) {
      insertText(box.element, held);
      box = null;
    }
    if (!isTextBox(event.target) && character && (event.key !== ' ' || outside.length > 0)) {
      keep(event);
      if (!event.repeat) outside.push({ name: keyNameOf(event), target: event.target });
      timer = setTimeout(giveBack, outside.length < suspectAfter ? gap + 5 : LATE_MS);
      return;
    }
    if (step.do === 'remember' && isTextBox(event.target))
      box = { element: event.target, text: event.target.value };
    if (step.do === 'swallow') {
      keep(event);
      timer = setTimeout(giveBack, LATE_MS);
    } else if (!character && outside.length > 0) giveBack();
  };
  let lastAt = Number.NEGATIVE_INFINITY;
  page.addEventListener('keydown', onKeyDown, { capture: true });
  return () => {
    clearTimeout(timer);
    page.removeEventListener('keydown', onKeyDown, { capture: true });
  };
}

function insertText(element: TextBox, text: string): void {
  const from = element.selectionStart ?? element.value.length;
  const to = element.selectionEnd ?? from;
  setText(element, element.value.slice(0, from) + text + element.value.slice(to));
  // Fields for numbers and addresses have no selection that could be set.
  if (element.selectionStart !== null) element.setSelectionRange(from + text.length, from + text.length);
}
