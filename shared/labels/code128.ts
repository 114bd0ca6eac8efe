/**
 * Code 128 (rule B2): the shortest choice of sets A, B and C, the check character, and the widths of bars and spaces.
 * Pure data, so that the printer language, the preview and the PDF all draw the same symbol.
 */

/** Bar and space widths, in modules, of the symbol values 0 to 105; the stop pattern (106) has a seventh element. */
const PATTERNS: readonly string[] = (
  '212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 ' +
  '123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 ' +
  '232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 ' +
  '313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 ' +
  '111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 ' +
  '111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 ' +
  '114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112'
).split(' ');

/** Modules of empty space a reader needs on each side (B2). */
export const QUIET_ZONE_MODULES = 10;

/** A character set of Code 128: A control characters and capitals, B all of printable ASCII, C pairs of digits. */
export type Code128Set = 'A' | 'B' | 'C';

// In this order, so that of equally short ways the one with set B is taken.
const SETS: readonly Code128Set[] = ['B', 'C', 'A'];
const START: Record<Code128Set, number> = { A: 103, B: 104, C: 105 };
const SWITCH: Record<Code128Set, number> = { A: 101, B: 100, C: 99 };
const SHIFT = 98;
const STOP = 106;

/** One step of the encoding: which symbol value is written, and what it stands for. */
export interface Code128Step {
  /** Symbol value 0 to 106. */
  value: number;
  kind: 'start' | 'switch' | 'shift' | 'data' | 'check' | 'stop';
  /** Set in force after this step; for `shift`, the set of the one next character. */
  set: Code128Set;
  /** The characters a data step carries; empty otherwise. */
  text: string;
}

/** An encoded symbol. */
export interface Code128 {
  data: string;
  /** Start, data, switches, check and stop in order. */
  steps: Code128Step[];
  /** Check character: (start + sum of position x value) mod 103. */
  check: number;
  /** Widths in modules, bar first, then alternating; quiet zones are not included. */
  widths: number[];
  /** Sum of {@link widths}, in modules, without quiet zones. */
  modules: number;
}

/** Symbol value of a character in set A or B, or undefined where the set does not have it. */
function valueIn(set: 'A' | 'B', code: number): number | undefined {
  if (set === 'B') return code >= 32 && code <= 127 ? code - 32 : undefined;
  if (code >= 32 && code <= 95) return code - 32;
  return code < 32 ? code + 64 : undefined;
}

const isDigit = (code: number | undefined): boolean => code !== undefined && code >= 48 && code <= 57;

interface Path {
  cost: number;
  steps: Code128Step[];
}

/** Every way to write what stands at `at`, being in `set`: the steps, the characters used, the set afterwards. */
function choices(
  data: string,
  at: number,
  set: Code128Set,
): { steps: Code128Step[]; used: number; set: Code128Set }[] {
  const code = data.charCodeAt(at);
  const found: { steps: Code128Step[]; used: number; set: Code128Set }[] = [];
  for (const target of SETS) {
    const lead: Code128Step[] =
      target === set ? [] : [{ value: SWITCH[target], kind: 'switch', set: target, text: '' }];
    if (target === 'C') {
      if (!isDigit(code) || !isDigit(data.charCodeAt(at + 1))) continue;
      const pair = data.slice(at, at + 2);
      found.push({
        steps: [...lead, { value: Number(pair), kind: 'data', set: 'C', text: pair }],
        used: 2,
        set: 'C',
      });
      continue;
    }
    const value = valueIn(target, code);
    if (value === undefined) continue;
    const step: Code128Step = { value, kind: 'data', set: target, text: data[at] ?? '' };
    found.push({ steps: [...lead, step], used: 1, set: target });
    if (target !== set && set !== 'C') {
      found.push({ steps: [{ value: SHIFT, kind: 'shift', set: target, text: '' }, step], used: 1, set });
    }
  }
  return found;
}

/**
 * Encodes ASCII text (0 to 127) as the shortest Code 128 symbol. Ties go to set B.
 * @throws RangeError when the text is empty or holds a character above 127.
 */
export function encodeCode128(data: string): Code128 {
  if (data.length === 0) throw new RangeError('Code 128 needs at least one character');
  for (let at = 0; at < data.length; at++) {
    if (data.charCodeAt(at) > 127) throw new RangeError('Code 128 carries ASCII only');
  }
  // best[at][set]: the shortest way to write everything from `at` on, being in `set`.
  const best: Record<Code128Set, Path>[] = [];
  best[data.length] = { A: { cost: 0, steps: [] }, B: { cost: 0, steps: [] }, C: { cost: 0, steps: [] } };
  for (let at = data.length - 1; at >= 0; at--) {
    const here = {} as Record<Code128Set, Path>;
    for (const set of SETS) {
      let winner: Path | undefined;
      for (const choice of choices(data, at, set)) {
        const rest = best[at + choice.used]?.[choice.set];
        if (rest === undefined) continue;
        const cost = choice.steps.length + rest.cost;
        if (winner === undefined || cost < winner.cost)
          winner = { cost, steps: [...choice.steps, ...rest.steps] };
      }
      here[set] = winner ?? { cost: Number.POSITIVE_INFINITY, steps: [] };
    }
    best[at] = here;
  }
  const first = best[0]!;
  const order: Code128Set[] = ['B', 'C', 'A'];
  // A start in a set whose first step would be a switch is never shorter than starting there.
  const set = order.reduce((winner, next) => (first[next].cost < first[winner].cost ? next : winner));
  const body: Code128Step[] = [{ value: START[set], kind: 'start', set, text: '' }, ...first[set].steps];
  const check = body.reduce((sum, step, position) => sum + step.value * Math.max(1, position), 0) % 103;
  const last = body[body.length - 1]!.set;
  const steps: Code128Step[] = [
    ...body,
    { value: check, kind: 'check', set: last, text: '' },
    { value: STOP, kind: 'stop', set: last, text: '' },
  ];
  const widths = steps.flatMap((step) => [...PATTERNS[step.value]!].map(Number));
  return { data, steps, check, widths, modules: widths.reduce((sum, width) => sum + width, 0) };
}

/** The dark bars of a symbol as `[start, width]` in modules from its left edge. */
export function barsOf(symbol: Code128): [start: number, width: number][] {
  const bars: [number, number][] = [];
  let at = 0;
  symbol.widths.forEach((width, index) => {
    if (index % 2 === 0) bars.push([at, width]);
    at += width;
  });
  return bars;
}

/** Width in modules with both quiet zones (B2). */
export function widthWithQuietZones(symbol: Code128): number {
  return symbol.modules + 2 * QUIET_ZONE_MODULES;
}
