import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import type { Overlay } from '../../../../shared/profiles/overlay.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { command, useLive } from '../../../data/hooks.ts';
import { engineText } from '../../../i18n/engine.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { announce } from '../../../ui/announce.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Grid } from '../../../ui/Grid.tsx';
import { Banner, EmptyState, SectionBar } from '../../../ui/Layout.tsx';
import { SegmentedFilter } from '../../../ui/SegmentedFilter.tsx';
import { State } from '../../../ui/State.tsx';
import { LineChoice } from '../parts/LineChoice.tsx';
import { mapColumns } from './columns.tsx';
import { type Entry, type Kind, keyOf, kinds, withEntry, withoutEntry } from './draft.ts';
import { EntryForm } from './EntryForm.tsx';
import { PreviewPane } from './PreviewPane.tsx';
import { entryOf, type Typed, typedOf } from './read.ts';
import { type MapRow, mapRows } from './rows.ts';
import { useDraft } from './useDraft.ts';

const rowId = (row: MapRow): string => row.id;

interface Open {
  readonly kind: Kind;
  /** The entry that is edited: its key, and itself; null for a new one. */
  readonly key: string | null;
  readonly entry: Entry | null;
  readonly below: Entry | null;
  readonly typed: Typed;
  /** It was tried to keep it as it is typed now. */
  readonly tried: boolean;
}

/** What an analyser's codes, flags and statuses mean here, and what the last messages would become with a change. */
export function MappingView({
  lines,
  line,
  onLine,
  held,
  mayEdit,
  mayTryAgain,
  personId,
  start,
  onReplay,
}: {
  lines: readonly LineRow[];
  line: LineRow;
  onLine: (id: string) => void;
  /** Exceptions of this line that wait. */
  held: number;
  mayEdit: boolean;
  mayTryAgain: boolean;
  personId: string;
  /** What it is opened for: the code and the message of an exception. */
  start: { code: string; message: string } | null;
  /** Replays captured messages with this overlay; undefined: with what is saved. */
  onReplay: (overlay: Overlay | undefined) => void;
}) {
  const { t } = useTranslation('mapping');
  const { when } = useFormat();
  const now = useNow();
  const [kind, setKind] = useState<Kind>('tests');
  const [cursor, setCursor] = useState<string | null>(start === null ? null : `tests\n${start.code}`);
  const [open, setOpen] = useState<Open | null>(null);
  const [failed, setFailed] = useState<PlainError>();
  const shown = useLive('profile.show', { instrumentId: line.id });
  const show = shown.rows[0];
  const tests = useLive('catalog.list', { kind: 'test' }).rows;
  const draft = useDraft(show, personId);
  const { overlay } = draft;

  // What is typed is in the preview at once, and in the draft once it is kept.
  const read = useMemo(() => {
    if (open === null) return null;
    const said = entryOf(open.kind, open.typed, open.entry);
    const test = said.ok && said.entry.kind === 'tests' ? said.entry.value.test : undefined;
    return test === undefined || tests.some(({ code }) => code === test)
      ? said
      : ({ ok: false, field: 'test' } as const);
  }, [open, tests]);
  const trying = useMemo(
    () =>
      overlay === undefined || open === null || read === null || !read.ok
        ? overlay
        : withEntry(overlay, read.entry, ownKey(overlay, open)),
    [overlay, open, read],
  );
  const rows = useMemo(
    () => (show === undefined || trying === undefined ? [] : mapRows(show, trying, kind, draft.base)),
    [show, trying, kind, draft.base],
  );
  const names = useMemo(() => new Map(tests.map((test) => [test.code, test.name])), [tests]);
  const day = now.toDateString();
  const columns = useMemo(
    () =>
      mapColumns(
        kind,
        t,
        (code) => names.get(code),
        (at) => when(at, new Date(day)),
      ),
    [kind, t, names, when, day],
  );
  const row = rows.find((one) => one.id === cursor);
  const counts = useMemo(
    () =>
      new Map(
        kinds.map((one) => [
          one,
          show === undefined || overlay === undefined ? 0 : mapRows(show, overlay, one).length,
        ]),
      ),
    [show, overlay],
  );

  const begin = (entry: MapRow | null): void => {
    setOpen({
      kind,
      key: entry?.id ?? null,
      entry: entry?.entry ?? null,
      below: entry === null ? null : entry.origin === 'laboratory' ? entry.below : entry.entry,
      typed: typedOf(kind, entry?.entry ?? null),
      tried: false,
    });
  };
  const keep = (): void => {
    if (open === null || read === null || overlay === undefined) return;
    if (!read.ok) {
      setOpen({ ...open, tried: true });
      return;
    }
    const instead = ownKey(overlay, open);
    draft.edit((before) => withEntry(before, read.entry, instead));
    setCursor(keyOf(read.entry));
    setOpen(null);
  };
  const drop = (): void => {
    if (row === undefined) return;
    draft.edit((before) => withoutEntry(before, row.id));
  };
  const save = async (): Promise<void> => {
    setFailed(undefined);
    await draft.save();
  };
  const again = async (): Promise<void> => {
    const outcome = await command('profile.reprocess', { instrumentId: line.id });
    setFailed(outcome.ok ? undefined : outcome.error);
    if (outcome.ok) announce(t('reprocessed', { ...outcome.value }));
  };
  const turn = useCallback((by: number) => {
    setKind((before) => kinds[(kinds.indexOf(before) + by + kinds.length) % kinds.length] ?? before);
    setCursor(null);
  }, []);
  const choose = (next: Kind): void => {
    setKind(next);
    setCursor(null);
  };

  const roleWhy = mayEdit ? undefined : t('why.role');
  const nothingWhy = draft.changes === 0 ? t('why.nothing') : undefined;
  const noRow = row === undefined ? t('why.noRow') : undefined;
  const againWhy = !mayTryAgain
    ? t('why.benchRole')
    : draft.changes > 0
      ? t('why.saveFirst')
      : held === 0
        ? t('why.noneHeld')
        : undefined;
  const idle = open === null;
  useScreenKeys(
    idle
      ? [
          {
            key: 'ArrowLeft',
            label: t('keys.table'),
            caps: ['ArrowLeft', 'ArrowRight'],
            run: () => turn(-1),
            palette: false,
            group: 0,
          },
          { key: 'ArrowRight', label: t('keys.table'), run: () => turn(1), palette: false, strip: false },
          {
            key: 'F2',
            label: t('keys.edit'),
            run: () => row !== undefined && begin(row),
            disabledReason: roleWhy ?? noRow,
            strip: false,
          },
          { key: 'Ctrl+N', label: t(`keys.new.${kind}`), run: () => begin(null), disabledReason: roleWhy },
          {
            key: 'Delete',
            label: t('keys.drop'),
            run: drop,
            disabledReason: roleWhy ?? noRow ?? (row?.origin === 'laboratory' ? undefined : t('why.builtIn')),
          },
          {
            key: 'F5',
            label: t('keys.again'),
            run: () => void again(),
            disabledReason: againWhy,
          },
          {
            key: 'F7',
            label: t('keys.replay'),
            run: () => onReplay(draft.changes > 0 ? overlay : undefined),
          },
          {
            key: 'F8',
            label: t('keys.save'),
            run: () => void save(),
            primary: true,
            disabledReason: roleWhy ?? nothingWhy,
          },
          ...(draft.behind ? [{ key: 'F4', label: t('behind.take'), run: draft.takeTheirs }] : []),
          ...(draft.canUndo && draft.changes > 0
            ? [{ key: 'Ctrl+Z', label: t('keys.undo'), run: draft.undo, palette: false, strip: false }]
            : []),
          ...(draft.changes > 0
            ? [{ key: 'Escape', label: t('keys.discard'), run: draft.discard, strip: false }]
            : []),
        ]
      : [],
  );
  const error = failed ?? draft.error;
  return (
    <>
      <SectionBar
        title={show?.profile.name ?? line.analyser}
        right={
          show === undefined ? null : (
            <span className="lv-section-detail">
              {show.overlayVersion === 0
                ? t('neverSaved')
                : t('savedBy', {
                    version: show.overlayVersion,
                    by: show.savedBy,
                    when: when(show.savedAt, now),
                  })}
            </span>
          )
        }
      >
        <LineChoice
          lines={lines}
          value={line.id}
          onChange={onLine}
          why={idle ? undefined : t('why.editing')}
        />
        {show === undefined ? null : (
          <span className="lv-section-detail">
            {t('profile', {
              id: show.profile.id,
              version: show.profile.version,
              source: show.profile.source.title,
            })}
          </span>
        )}
      </SectionBar>
      {draft.behind ? (
        <Banner
          tone="held"
          title={t('behind.title', { by: show?.savedBy ?? '' })}
          action={
            <>
              <Button onClick={draft.takeTheirs} keyName="F4">
                {t('behind.take')}
              </Button>
              <Button onClick={draft.discard} keyName="Escape">
                {t('behind.discard')}
              </Button>
            </>
          }
        >
          {t('behind.text')}
        </Banner>
      ) : (
        <ErrorBanner error={error} />
      )}
      {show?.conflicts.map((conflict) => (
        <Banner key={conflict} tone="abn" title={conflict} />
      ))}
      <div className="ins-lower">
        <div className="ins-map">
          <div className="ins-tools">
            <SegmentedFilter
              label={t('tables')}
              altKeys={false}
              value={kind}
              onChange={choose}
              options={kinds.map((id) => ({ id, label: t(`kinds.${id}`), count: counts.get(id) }))}
            />
            <span className="lv-grow" />
            {draft.changes === 0 || !idle ? null : (
              <>
                <State kind="scanNow" word={t('changes', { count: draft.changes })} />
                <Button size="bar" primary keyName="F8" onClick={() => void save()} disabledReason={roleWhy}>
                  {t('keys.save')}
                </Button>
              </>
            )}
          </div>
          <div className="ins-map-grid">
            <Grid
              key={kind}
              label={t(`kinds.${kind}`)}
              rows={rows}
              rowId={rowId}
              columns={columns}
              cursor={cursor}
              onCursor={setCursor}
              scope={`${line.id} ${kind}`}
              main={idle}
              moveLabel={t('keys.row')}
              enterLabel={t('keys.edit')}
              onEnter={(one) => (roleWhy === undefined ? begin(one) : announce(roleWhy))}
              empty={
                shown.state === 'loading' ? null : shown.state === 'failed' ? (
                  <EmptyState
                    title={engineText('errors', shown.error?.what ?? '')}
                    next={engineText('errors', shown.error?.todo ?? '')}
                  />
                ) : (
                  <EmptyState title={t(`none_.${kind}`)} next={t(`none_.${kind}Next`)} />
                )
              }
            />
          </div>
          {kind === 'controls' && show !== undefined && idle ? (
            <p className="ins-map-note lv-caption">
              {t('qcFixed', {
                processing: show.qc.processing.join(', ') || t('dash'),
                action: show.qc.actionCodes.join(', ') || t('dash'),
              })}
            </p>
          ) : null}
          {kind === 'tests' &&
          idle &&
          row?.saved !== null &&
          row !== undefined &&
          row.saved.conflicts.length > 0 ? (
            <p className="ins-map-note">
              <State kind="warning" word={row.saved.conflicts.join(' ')} small />
            </p>
          ) : null}
          {open === null ? null : (
            <EntryForm
              key={`${open.kind} ${open.key ?? ''}`}
              title={
                open.key === null
                  ? t(`keys.new.${open.kind}`)
                  : t('editing', { name: nameOf(open, t('noneSent')) })
              }
              editing={{
                kind: open.kind,
                typed: open.typed,
                onType: (typed) => setOpen({ ...open, typed, tried: false }),
                wrong: read === null || read.ok || !open.tried ? undefined : read.field,
                below: open.below,
                tests,
                onKeep: keep,
                onCancel: () => setOpen(null),
              }}
            />
          )}
        </div>
        {trying === undefined ? null : (
          <PreviewPane
            key={line.id}
            instrumentId={line.id}
            start={start?.message ?? null}
            draft={trying}
            changes={draft.changes + (trying === overlay ? 0 : 1)}
          />
        )}
      </div>
    </>
  );
}

/** The laboratory's own entry that an edit stands in for; a built-in one is never taken away, whatever its new name is. */
function ownKey(overlay: Overlay, open: Open): string | undefined {
  if (open.key === null || open.entry === null) return undefined;
  return overlay !== undefined && open.below !== open.entry ? open.key : undefined;
}

function nameOf(open: Open, noneSent: string): string {
  const { entry } = open;
  switch (entry?.kind) {
    case 'tests':
      return entry.value.code;
    case 'flags':
    case 'notResults':
      return entry.code;
    case 'statuses':
      return entry.sent || noneSent;
    case 'units':
      return entry.sent;
    case 'controls':
      return entry.values.join(', ');
    default:
      return '';
  }
}
