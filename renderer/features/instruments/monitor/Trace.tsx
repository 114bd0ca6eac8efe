import type { TFunction } from 'i18next';
import { type KeyboardEvent, memo, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { TraceRow } from '../../../../shared/ipc/instruments.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { engineText } from '../../../i18n/engine.ts';
import { formatTime } from '../../../i18n/format.ts';
import { Glyph } from '../../../ui/Glyph.tsx';
import { State } from '../../../ui/State.tsx';
import { checksumOf, drawn, hexRows, markParts, wireParts } from '../wire.ts';

/** Pixels from the end within which the trace follows what arrives. */
const NEAR_END = 24;

/**
 * The traffic of a line, oldest first. It stays at its end while a person has not scrolled away or picked a piece. With the focus in it
 * the arrows pick a piece; Esc lets it go.
 */
export function Trace({
  label,
  rows,
  hex,
  search,
  cursor,
  onCursor,
}: {
  label: string;
  rows: readonly TraceRow[];
  hex: boolean;
  /** What was searched for, to be marked. */
  search: string;
  cursor: string | null;
  onCursor: (id: string | null) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (element !== null && (rows.length > 0 || hex) && atEnd.current && cursor === null)
      element.scrollTop = element.scrollHeight;
  }, [rows, hex, cursor]);
  useEffect(() => {
    if (cursor !== null)
      box.current?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [cursor]);
  const { t } = useTranslation('instruments');
  const pick = useRef(onCursor);
  pick.current = onCursor;
  // A click picks for a mouse what the arrows pick for the keys.
  useEffect(() => {
    const element = box.current;
    const onMouseDown = (event: MouseEvent): void => {
      const piece = event.target instanceof Element ? event.target.closest('[data-piece]') : null;
      if (piece !== null) pick.current(piece.getAttribute('data-piece'));
    };
    element?.addEventListener('mousedown', onMouseDown);
    return () => element?.removeEventListener('mousedown', onMouseDown);
  }, []);
  useScreenKeys([{ key: 'T', label: t('keys.pick'), run: () => box.current?.focus(), strip: false }]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (event.key === 'Escape' && cursor !== null) onCursor(null);
    else if (event.key === 'Escape') box.current?.blur();
    else if (step !== undefined) {
      const at = rows.findIndex((row) => row.id === cursor);
      const next = at < 0 ? rows.length - 1 : Math.max(0, Math.min(rows.length - 1, at + step));
      onCursor(rows[next]?.id ?? null);
    } else return;
    event.preventDefault();
  };
  return (
    <div
      ref={box}
      className="ins-trace"
      role="log"
      aria-label={label}
      // A log that follows what arrives is read on demand, not aloud at each byte.
      aria-live="off"
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
      }}
    >
      {rows.map((row, index) =>
        row.message === null ? (
          <Piece
            key={row.id}
            row={row}
            hex={hex}
            search={search}
            picked={row.id === cursor}
            afterBar={rows[index - 1]?.message !== null}
            toStored={isStored(rows[index - 1])}
            unstored={row.direction === 'out' && rows[index - 1]?.mark === 'frame'}
          />
        ) : (
          <MessageBar key={row.id} message={row.message} picked={row.id === cursor} />
        ),
      )}
    </div>
  );
}

/** ENQ is answered at once: its ACK promises nothing but to listen. All else that comes is in the journal first (L11). */
const isStored = (row: TraceRow | undefined): boolean => row?.direction === 'in' && row.mark !== 'enq';

/** Pieces that a key moves by. */
const steps: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowDown: 1,
  PageUp: -15,
  PageDown: 15,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

const Piece = memo(function Piece({
  row,
  hex,
  search,
  picked,
  afterBar,
  toStored,
  unstored,
}: {
  row: TraceRow;
  hex: boolean;
  search: string;
  picked: boolean;
  afterBar: boolean;
  /** What stands before it had to be in the journal before this was sent. */
  toStored: boolean;
  /** It answers a frame that was right: one that is refused all the same could not be stored. */
  unstored: boolean;
}) {
  const { t } = useTranslation('instruments');
  const refused = row.mark === 'refused' || row.mark === 'nak';
  const classes = ['ins-piece'];
  if (refused) classes.push('ins-refused');
  if (afterBar) classes.push('ins-after-bar');
  if (row.direction === 'event') classes.push('ins-event');
  return (
    <div
      className={classes.join(' ')}
      data-mark={row.mark}
      data-piece={row.id}
      aria-current={picked || undefined}
    >
      <span className="ins-time">{stamp(row.at)}</span>
      <span className={row.direction === 'out' ? 'ins-way lv-tone-accent' : 'ins-way'}>
        {row.direction === 'event' ? null : (
          <>
            <Glyph name={row.direction === 'in' ? 'recv' : 'queued'} size={11} />
            {t(`trace.${row.direction}`)}
          </>
        )}
      </span>
      {row.direction === 'event' ? (
        <span className={row.tone === 'bad' ? 'lv-tone-crit' : 'lv-text-2'}>{eventText(row.note, t)}</span>
      ) : hex ? (
        <Hex text={row.text} />
      ) : (
        <Bytes text={row.text} search={search} />
      )}
      <span className="ins-note">
        {row.direction === 'event' ? null : <Note row={row} toStored={toStored} unstored={unstored} />}
      </span>
    </div>
  );
});

/** What happened to the line, without the codes it is counted under. A problem is told in its sentences, behind its code. */
export function eventText(note: string, t: TFunction<'instruments'>): string {
  const [, name = '', rest = ''] = /^([\w.]+): (.*)$/s.exec(note) ?? [];
  if (name.includes('.'))
    return rest
      .split('\n')
      .map((one) => engineText('errors', one))
      .join(' ');
  return name === ''
    ? engineText('line', note)
    : t(`trace.events.${name}`, { rest: engineText('line', rest), defaultValue: note });
}

/** Bytes as text, control characters as chips. */
export function Bytes({ text, search = '' }: { text: string; search?: string }) {
  let place = 0;
  const parts = markParts(wireParts(text), search);
  return (
    <span className="ins-bytes">
      {parts.map((part, index) => {
        place += part.text.length;
        const next = parts[index + 1];
        if (part.kind === 'control')
          return (
            <span key={place}>
              <span className={part.hit ? 'ins-chip ins-hit' : 'ins-chip'}>{drawn(part)}</span>
              {/* A record of several in one frame begins on its own line. */}
              {part.text === 'CR' && next !== undefined && next.kind !== 'control' ? <br /> : null}
            </span>
          );
        return (
          <span key={place} className={part.hit ? `ins-${part.kind} ins-hit` : `ins-${part.kind}`}>
            {part.text}
          </span>
        );
      })}
    </span>
  );
}

function Hex({ text }: { text: string }) {
  return (
    <span className="ins-hex">
      {hexRows(text, 16).map((row) => (
        <span key={row.place} className="ins-hex-row">
          <span className="lv-text-3">{row.place}</span>
          <span>{row.cells.map((cell) => cell.hex).join(' ')}</span>
          <span className="lv-text-2">
            {row.cells.map((cell) => (cell.control ? '·' : cell.char)).join('')}
          </span>
        </span>
      ))}
    </span>
  );
}

/** What the piece was found to be, or how it was answered. */
function Note({ row, toStored, unstored }: { row: TraceRow; toStored: boolean; unstored: boolean }) {
  const { t } = useTranslation('instruments');
  switch (row.mark) {
    case 'frame':
      return <State kind="passed" word={t('trace.sum', { sum: checksumOf(row.text) })} small />;
    case 'duplicate':
      return <State kind="passed" word={t('trace.again')} small />;
    case 'refused': {
      const sum = /checksum/.test(row.note);
      return <State kind="refused" word={sum ? t('trace.sumDiffers') : engineText('line', row.note)} small />;
    }
    case 'partial':
      return <State kind="receiving" word={t('trace.arriving')} small />;
    case 'ack':
      if (row.direction === 'in') return <span className="lv-caption">{t('trace.taken')}</span>;
      return toStored ? <span className="lv-caption">{t('trace.afterJournal')}</span> : null;
    case 'nak':
      return (
        <span className="lv-caption">
          {engineText('line', row.note) ||
            (row.direction === 'in' ? t('trace.refusedThere') : unstored ? t('trace.notStored') : '')}
        </span>
      );
    default:
      return <span className="lv-caption">{row.note === row.mark ? '' : engineText('line', row.note)}</span>;
  }
}

/** The end of a message: what became of it here, and what the instrument was told. */
const MessageBar = memo(function MessageBar({
  message,
  picked,
}: {
  message: NonNullable<TraceRow['message']>;
  picked: boolean;
}) {
  const { t } = useTranslation('instruments');
  const results = message.posted + message.held + message.controls + message.known > 0;
  return (
    <div className="ins-message" data-mark="message" aria-current={picked || undefined}>
      <span className="lv-strong">{t('trace.message', { number: message.number })}</span>
      {message.queries > 0 ? <span className="lv-text-2">{t('trace.query')}</span> : null}
      {results || message.queries === 0 ? (
        <>
          <span className="lv-caption">{t('trace.here')}</span>
          {message.state === 'failed' ? <State kind="blocked" word={t('trace.failed')} small /> : null}
          {message.state === 'incomplete' ? <State kind="held" word={t('trace.incomplete')} small /> : null}
          {message.posted > 0 || message.controls + message.known === 0 ? (
            <State
              kind={message.posted > 0 ? 'passed' : 'notEvaluated'}
              word={t('trace.posted', { count: message.posted })}
              small
            />
          ) : null}
          {message.controls > 0 ? (
            <State kind="passed" word={t('trace.controls', { count: message.controls })} small />
          ) : null}
          {message.known > 0 ? (
            <State kind="notEvaluated" word={t('trace.known', { count: message.known })} small />
          ) : null}
          <State
            kind={message.held > 0 ? 'held' : 'notEvaluated'}
            word={t('trace.held', { count: message.held })}
            small
          />
        </>
      ) : null}
      <span className="lv-caption">{t('trace.told')}</span>
      <State
        kind={
          message.told === 'accepted' ? 'passed' : message.told === 'refused' ? 'refused' : 'notEvaluated'
        }
        word={t(`trace.${message.told}`)}
        small
      />
    </div>
  );
});

/** `06:42:05.118` in local time. */
function stamp(at: string): string {
  return `${formatTime(at, true)}.${at.slice(20, 23)}`;
}
