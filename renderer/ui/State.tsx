import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Glyph, type GlyphName } from './Glyph.tsx';

/** The colour that a state or text may carry; each has one job (see tokens.css). */
export type Tone = 'text' | 'accent' | 'crit' | 'abn' | 'held' | 'ok' | 'quiet' | 'ink' | 'dim';

interface Look {
  readonly glyph: GlyphName;
  readonly tone: Tone;
  /** Only critical and signed are solid. */
  readonly solid?: 'crit' | 'ink';
}

const looks = {
  criticalHigh: { glyph: 'upup', tone: 'crit', solid: 'crit' },
  criticalLow: { glyph: 'downdown', tone: 'crit', solid: 'crit' },
  critical: { glyph: 'diamond', tone: 'crit', solid: 'crit' },
  high: { glyph: 'up', tone: 'abn' },
  low: { glyph: 'down', tone: 'abn' },
  delta: { glyph: 'delta', tone: 'held' },
  instrumentFlag: { glyph: 'flag', tone: 'held' },
  held: { glyph: 'held', tone: 'held' },
  exception: { glyph: 'held', tone: 'held' },
  ready: { glyph: 'ready', tone: 'accent' },
  blocked: { glyph: 'blocked', tone: 'crit' },
  released: { glyph: 'check', tone: 'ok' },
  signed: { glyph: 'seal', tone: 'ink', solid: 'ink' },
  corrected: { glyph: 'amend', tone: 'held' },
  rejected: { glyph: 'rejected', tone: 'crit' },
  inControl: { glyph: 'dot', tone: 'ok' },
  warning: { glyph: 'warn', tone: 'abn' },
  overdue: { glyph: 'clock', tone: 'abn' },
  excluded: { glyph: 'excl', tone: 'quiet' },
  notEvaluated: { glyph: 'none', tone: 'quiet' },
  local: { glyph: 'local', tone: 'quiet' },
  queued: { glyph: 'queued', tone: 'quiet' },
  onServer: { glyph: 'server', tone: 'quiet' },
  refused: { glyph: 'refused', tone: 'crit' },
  conflict: { glyph: 'held', tone: 'held' },
  stale: { glyph: 'clock', tone: 'quiet' },
  offline: { glyph: 'offline', tone: 'quiet' },
  online: { glyph: 'server', tone: 'quiet' },
  lineReady: { glyph: 'dot', tone: 'ok' },
  receiving: { glyph: 'recv', tone: 'accent' },
  lineQc: { glyph: 'warn', tone: 'abn' },
  off: { glyph: 'ring', tone: 'quiet' },
  noAnswer: { glyph: 'rejected', tone: 'crit' },
  inQueue: { glyph: 'queued', tone: 'quiet' },
  printing: { glyph: 'recv', tone: 'accent' },
  printed: { glyph: 'check', tone: 'ok' },
  received: { glyph: 'tick', tone: 'ok' },
  passed: { glyph: 'tick', tone: 'ok' },
  scanNow: { glyph: 'half', tone: 'accent' },
  notScanned: { glyph: 'ring', tone: 'quiet' },
  waiting: { glyph: 'ring', tone: 'quiet' },
} satisfies Record<string, Look>;

export type StateKind = keyof typeof looks;

/** All kinds, for the states sheet. */
export const stateKinds = Object.keys(looks) as StateKind[];

/** The shape and colour of a state, for places that draw it themselves. */
export function stateLook(kind: StateKind): Look {
  return looks[kind];
}

export interface StateProps {
  kind: StateKind;
  /** Stands beside the word: `Held · delta`. */
  reason?: ReactNode;
  /** Instead of the state's own word (`H-index` for an instrument flag, `1-3s` for a control). */
  word?: ReactNode;
  /** After the word without a dot: `Signed 06:55`. */
  detail?: ReactNode;
  /** Word and shape, but the word in bold. */
  strong?: boolean;
  /** Never solid, even when critical or signed (a second mention in a panel). */
  plain?: boolean;
  /** 12 px instead of 13 px. */
  small?: boolean;
}

/** A state: a shape, then a word, then a colour. Without the colour nothing is lost. */
export function State({ kind, reason, word, detail, strong, plain, small }: StateProps) {
  const { t } = useTranslation('states');
  const look: Look = looks[kind];
  const solid = plain ? undefined : look.solid;
  const classes = ['lv-state', solid ? `lv-state-${solid}` : `lv-tone-${look.tone}`];
  if (strong) classes.push('lv-strong');
  if (small) classes.push('lv-state-small');
  return (
    <span className={classes.join(' ')} data-state={kind}>
      <Glyph name={look.glyph} />
      <span className="lv-state-word">
        {kind === 'offline' || kind === 'online' ? (
          <span className="lv-strong">{word ?? t(kind)}</span>
        ) : (
          (word ?? t(kind))
        )}
        {detail === undefined ? null : <> {detail}</>}
        {reason === undefined ? null : <span className="lv-state-reason"> · {reason}</span>}
      </span>
    </span>
  );
}
