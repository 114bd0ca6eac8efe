import { type RefObject, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LineRow, TraceRow } from '../../../../shared/ipc/instruments.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useLive } from '../../../data/hooks.ts';
import { formatCount } from '../../../i18n/format.ts';
import { announce } from '../../../ui/announce.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { FindField } from '../../../ui/FindField.tsx';
import { Glyph } from '../../../ui/Glyph.tsx';
import { Keycap } from '../../../ui/Keycap.tsx';
import { Banner, EmptyState, SectionBar } from '../../../ui/Layout.tsx';
import { State } from '../../../ui/State.tsx';
import { copyText } from '../copy.ts';
import { lineKinds } from '../rules.ts';
import { hexDump } from '../wire.ts';
import { OwnerBanner, placeOf } from './HandOver.tsx';
import { chosenPieces, isWorthShowing, type Way, ways } from './pieces.ts';
import { Trace } from './Trace.tsx';
import { useJournal } from './useJournal.ts';

const wayKeys: Record<Way, string> = { in: 'I', out: 'O', event: 'E' };
const everyWay: ReadonlySet<Way> = new Set(ways);

/** The live trace of one line: pause, which ways, find, hex, copy; and the banner of a line that could not be opened. */
export function LinePane({
  line,
  onOpenAgain,
  whyNot,
  find,
  onDecode,
}: {
  line: LineRow;
  onOpenAgain: () => void;
  whyNot: string | undefined;
  find: RefObject<HTMLInputElement | null>;
  /** Opens the decoder with bytes (latin1). */
  onDecode: (latin1: string) => void;
}) {
  const { t } = useTranslation('instruments');
  const { rows, state } = useLive('instruments.trace', { instrumentId: line.id });
  const [frozen, setFrozen] = useState<readonly TraceRow[] | null>(null);
  const [hex, setHex] = useState(false);
  const [typed, setTyped] = useState('');
  const [only, setOnly] = useState(everyWay);
  const [cursor, setCursor] = useState<string | null>(null);
  const [whole, setWhole] = useState(false);
  const journal = useJournal(line.id, typed, whole);
  const from = whole ? journal.rows : (frozen ?? rows);
  // The journal was searched by the engine already, over more than what is drawn of a piece.
  const shown = useMemo(() => chosenPieces(from, only, whole ? '' : typed), [from, only, typed, whole]);
  const all = useMemo(() => from.filter(isWorthShowing).length, [from]);
  const lastFrozen = frozen?.at(-1)?.id;
  const heldBack = useMemo(
    () =>
      lastFrozen === undefined
        ? frozen === null
          ? 0
          : rows.filter(isWorthShowing).length
        : rows.slice(rows.findLastIndex((row) => row.id === lastFrozen) + 1).filter(isWorthShowing).length,
    [rows, lastFrozen, frozen],
  );
  const live = line.state !== 'off' && line.state !== 'elsewhere' && line.problem === null;
  const picked = shown.find((row) => row.id === cursor && row.text !== '');
  const pause = (): void => setFrozen((before) => (before === null ? rows : null));
  const turn = (way: Way): void =>
    setOnly((before) => {
      const next = new Set(before);
      if (!next.delete(way)) next.add(way);
      return next;
    });
  const copy = (): void => {
    const pieces = picked === undefined ? shown.filter((row) => row.text !== '') : [picked];
    const bytes = pieces.reduce((sum, row) => sum + row.text.length, 0);
    const done = bytes > 0 && copyText(pieces.map((row) => hexDump(row.text)).join('\n'));
    announce(
      done
        ? t('trace.copied', { count: pieces.length, bytes: formatCount(bytes) })
        : t(bytes === 0 ? 'trace.nothingToCopy' : 'trace.notCopied'),
    );
  };
  const swap = (): void => {
    setCursor(null);
    setWhole(!whole);
  };
  const pauseWord = t(frozen === null ? 'keys.pause' : 'keys.resume');
  useScreenKeys([
    ...(whole
      ? []
      : [
          { key: 'Space', label: pauseWord, run: pause, detail: line.name, group: 0 },
          { key: 'P', label: pauseWord, run: pause, strip: false, palette: false },
        ]),
    {
      key: 'H',
      label: t(hex ? 'keys.text' : 'keys.hex'),
      run: () => setHex(!hex),
      detail: line.name,
      strip: false,
    },
    {
      key: 'C',
      label: t('keys.copy'),
      run: copy,
      detail: t(picked === undefined ? 'trace.copyShown' : 'trace.copyPicked'),
      strip: false,
    },
    {
      key: 'J',
      label: t(whole ? 'keys.trace' : 'keys.journal'),
      run: swap,
      detail: line.name,
      strip: false,
      icon: 'find' as const,
    },
    ...(whole && journal.before !== null
      ? [{ key: 'B', label: t('keys.older'), run: journal.older, strip: false }]
      : []),
    { key: 'D', label: t('keys.decode'), run: () => onDecode(picked?.text ?? ''), strip: false },
    ...ways.map((way) => ({
      key: wayKeys[way],
      label: t(only.has(way) ? 'trace.hide' : 'trace.show', { what: t(`trace.ways.${way}`) }),
      run: () => turn(way),
      strip: false,
      icon: 'filter' as const,
    })),
    { key: 'F3', label: t('keys.find'), run: () => find.current?.focus(), icon: 'find' },
  ]);
  const narrowed = typed.trim() !== '' || only.size < ways.length;
  return (
    <section className="ins-wire" aria-label={t('trace.title', { name: line.name })}>
      <SectionBar
        title={t('trace.title', { name: line.name })}
        right={
          <>
            {whole ? null : (
              <Button size="bar" keyName="Space" onClick={pause}>
                {pauseWord}
              </Button>
            )}
            <Button size="bar" keyName="H" onClick={() => setHex(!hex)}>
              {t(hex ? 'keys.text' : 'keys.hex')}
            </Button>
            <Button size="bar" keyName="C" onClick={copy}>
              {t('keys.copy')}
            </Button>
          </>
        }
      >
        {whole ? (
          <span className="lv-section-detail">{t('trace.wholeJournal')}</span>
        ) : frozen === null ? (
          live ? (
            <State kind="receiving" word={t('trace.live')} strong />
          ) : (
            <State
              kind={lineKinds[line.state]}
              word={line.state === 'elsewhere' ? placeOf(line.owner, t) : t(`lineState.${line.state}`)}
              strong
            />
          )
        ) : (
          <State kind="held" word={t('trace.paused')} reason={t('trace.heldBack', { count: heldBack })} />
        )}
        {frozen === null && live && !whole ? (
          <span className="lv-section-detail ins-promise">{t('trace.promise')}</span>
        ) : null}
      </SectionBar>
      <OwnerBanner line={line} />
      {line.untold.length === 0 ? null : (
        <Banner tone="abn" title={t('untold.title', { name: line.name, tests: line.untold.join(', ') })}>
          {t('untold.text', { name: line.name })}
        </Banner>
      )}
      <div className="ins-tools">
        <fieldset className="ins-ways" aria-label={t('trace.which')}>
          {ways.map((way) => (
            <button
              key={way}
              type="button"
              className="ins-way-toggle"
              aria-pressed={only.has(way)}
              title={wayKeys[way]}
              onClick={() => turn(way)}
            >
              <Glyph name={only.has(way) ? 'tick' : 'none'} size={11} />
              {t(`trace.ways.${way}`)}
              <Keycap keyName={wayKeys[way]} />
            </button>
          ))}
        </fieldset>
        <span className="ins-tools-count lv-caption" role="status">
          {whole
            ? t(journal.busy ? 'trace.searching' : 'trace.found', {
                count: shown.length,
                shown: formatCount(shown.length),
                more: journal.before === null ? '' : t('trace.andOlder'),
              })
            : narrowed
              ? t('trace.ofPieces', { shown: shown.length, count: all })
              : null}
        </span>
        <span className="lv-grow" />
        {whole && journal.before !== null ? (
          <Button
            size="bar"
            keyName="B"
            onClick={journal.older}
            disabledReason={journal.busy ? t('trace.searching') : undefined}
          >
            {t('keys.older')}
          </Button>
        ) : null}
        <button type="button" className="ins-way-toggle" aria-pressed={whole} onClick={swap}>
          <Glyph name={whole ? 'tick' : 'none'} size={11} />
          {t('keys.journal')}
          <Keycap keyName="J" />
        </button>
        <FindField
          ref={find}
          label={t(whole ? 'trace.findAll' : 'trace.find')}
          value={typed}
          onChange={setTyped}
          width={220}
        />
      </div>
      <ErrorBanner
        error={line.problem}
        action={
          <Button keyName="F5" onClick={onOpenAgain} disabledReason={whyNot}>
            {t('keys.openAgain')}
          </Button>
        }
      />
      {whole ? <ErrorBanner error={journal.error} /> : null}
      {shown.length === 0 && whole && journal.busy ? null : shown.length === 0 && state !== 'loading' ? (
        <NothingShown line={line} typed={typed.trim()} all={all} journal={whole} />
      ) : (
        <Trace
          label={t('trace.label', { name: line.name })}
          rows={shown}
          hex={hex}
          search={typed}
          cursor={cursor}
          onCursor={setCursor}
        />
      )}
    </section>
  );
}

/** Why the trace is empty, and what would fill it. */
function NothingShown({
  line,
  typed,
  all,
  journal,
}: {
  line: LineRow;
  typed: string;
  all: number;
  journal: boolean;
}) {
  const { t } = useTranslation('instruments');
  if (journal && typed !== '' && all === 0)
    return (
      <EmptyState title={t('trace.noMatchJournal', { text: typed })} next={t('trace.noMatchJournalNext')} />
    );
  if (all > 0)
    return typed === '' ? (
      <EmptyState title={t('trace.allHidden')} next={t('trace.allHiddenNext')} />
    ) : (
      <EmptyState title={t('trace.noMatch', { text: typed })} next={t('trace.noMatchNext', { count: all })} />
    );
  if (line.state === 'elsewhere')
    return <EmptyState title={t('trace.emptyElsewhere')} next={t('trace.emptyElsewhereNext')} />;
  const off = line.state === 'off';
  return (
    <EmptyState
      title={t(off ? 'trace.emptyOff' : 'trace.empty')}
      next={t(off ? 'trace.emptyOffNext' : 'trace.emptyNext')}
    />
  );
}
