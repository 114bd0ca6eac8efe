import type { TFunction } from 'i18next';
import { memo, useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { TraceRow } from '../../../shared/ipc/instruments.ts';
import { formatTime } from '../../i18n/format.ts';
import { Glyph } from '../../ui/Glyph.tsx';
import { State } from '../../ui/State.tsx';
import { checksumOf, hexRows, wireParts } from './wire.ts';

/** Pixels from the end within which the trace follows what arrives. */
const NEAR_END = 24;

/** The traffic of a line, oldest first. It stays at its end while a person has not scrolled away. */
export function Trace({ label, rows, hex }: { label: string; rows: readonly TraceRow[]; hex: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const shown = useMemo(() => rows.filter(isWorthShowing), [rows]);
  useEffect(() => {
    const element = box.current;
    if (element !== null && (shown.length > 0 || hex) && atEnd.current)
      element.scrollTop = element.scrollHeight;
  }, [shown, hex]);
  return (
    <div
      ref={box}
      className="ins-trace"
      role="log"
      aria-label={label}
      // A log that follows what arrives is read on demand, not aloud at each byte.
      aria-live="off"
      tabIndex={-1}
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
      }}
    >
      {shown.map((row, index) =>
        row.message === null ? (
          <Piece key={row.id} row={row} hex={hex} afterBar={shown[index - 1]?.message !== null} />
        ) : (
          <MessageBar key={row.id} row={row} message={row.message} />
        ),
      )}
    </div>
  );
}

/** A link that opened says so twice: once with its peer, once as a mark. The first is enough. */
function isWorthShowing(row: TraceRow): boolean {
  return row.text !== '' || row.message !== null || (row.note !== '' && row.note !== row.mark);
}

const Piece = memo(function Piece({
  row,
  hex,
  afterBar,
}: {
  row: TraceRow;
  hex: boolean;
  afterBar: boolean;
}) {
  const { t } = useTranslation('instruments');
  const refused = row.mark === 'refused' || row.mark === 'nak';
  const classes = ['ins-piece'];
  if (refused) classes.push('ins-refused');
  if (afterBar) classes.push('ins-after-bar');
  if (row.direction === 'event') classes.push('ins-event');
  return (
    <div className={classes.join(' ')} data-mark={row.mark}>
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
        <Bytes text={row.text} />
      )}
      <span className="ins-note">{row.direction === 'event' ? null : <Note row={row} />}</span>
    </div>
  );
});

/** What happened to the line, without the codes it is counted under. */
function eventText(note: string, t: TFunction<'instruments'>): string {
  const [, name = '', rest = ''] = /^([\w.]+): (.*)$/s.exec(note) ?? [];
  if (name.startsWith('instrument.')) return rest;
  return name === '' ? note : t(`trace.events.${name}`, { rest, defaultValue: note });
}

/** Bytes as text, control characters as chips. */
export function Bytes({ text }: { text: string }) {
  let place = 0;
  const parts = wireParts(text);
  return (
    <span className="ins-bytes">
      {parts.map((part, index) => {
        place += part.text.length;
        const next = parts[index + 1];
        if (part.kind === 'control')
          return (
            <span key={place}>
              <span className="ins-chip">{`<${part.text}>`}</span>
              {/* A record of several in one frame begins on its own line. */}
              {part.text === 'CR' && next !== undefined && next.kind !== 'control' ? <br /> : null}
            </span>
          );
        return (
          <span key={place} className={`ins-${part.kind}`}>
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
function Note({ row }: { row: TraceRow }) {
  const { t } = useTranslation('instruments');
  switch (row.mark) {
    case 'frame':
      return <State kind="passed" word={t('trace.sum', { sum: checksumOf(row.text) })} small />;
    case 'duplicate':
      return <State kind="passed" word={t('trace.again')} small />;
    case 'refused': {
      const sum = /checksum/.test(row.note);
      return <State kind="refused" word={sum ? t('trace.sumDiffers') : row.note} small />;
    }
    case 'partial':
      return <State kind="receiving" word={t('trace.arriving')} small />;
    case 'ack':
      return (
        <span className="lv-caption">
          {t(row.direction === 'out' ? 'trace.afterJournal' : 'trace.taken')}
        </span>
      );
    case 'nak':
      return (
        <span className="lv-caption">
          {row.note || (row.direction === 'in' ? t('trace.refusedThere') : '')}
        </span>
      );
    default:
      return <span className="lv-caption">{row.note === row.mark ? '' : row.note}</span>;
  }
}

/** The end of a message: what became of it here, and what the instrument was told. */
const MessageBar = memo(function MessageBar({
  message,
}: {
  row: TraceRow;
  message: NonNullable<TraceRow['message']>;
}) {
  const { t } = useTranslation('instruments');
  const results = message.posted + message.held + message.controls + message.known > 0;
  return (
    <div className="ins-message" data-mark="message">
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
