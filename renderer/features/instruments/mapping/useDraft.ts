import { useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { PlainError } from '../../../../shared/errors.ts';
import type { ProfileShowRow } from '../../../../shared/ipc/tools.ts';
import type { Overlay } from '../../../../shared/profiles/overlay.ts';
import { command } from '../../../data/hooks.ts';
import { announce } from '../../../ui/announce.ts';
import { offerUndo } from '../../../ui/undo.ts';
import { changedKeys, rebase } from './draft.ts';

interface Drafted {
  /** What was saved when the draft was begun. */
  readonly base: Overlay;
  readonly baseVersion: number;
  readonly draft: Overlay;
  /** Earlier states of the draft, newest last. */
  readonly before: readonly Overlay[];
}

/** Whose draft of which instrument. */
const placeOf = (instrumentId: string, personId: string): string => `${personId}\n${instrumentId}`;

/**
 * The drafts in hand, by person and instrument. They outlive their screen, so that going to a replay and back, to another screen or to
 * another line loses nothing.
 */
const inHand = createStore<{ drafts: ReadonlyMap<string, Drafted> }>(() => ({ drafts: new Map() }));
function setDrafted(place: string, change: (now: Drafted | undefined) => Drafted | undefined): void {
  inHand.setState(({ drafts }) => {
    const next = new Map(drafts);
    const draft = change(drafts.get(place));
    if (draft === undefined) next.delete(place);
    else next.set(place, draft);
    return { drafts: next };
  });
}

/**
 * The laboratory's overlay of one instrument under edit. While nothing is changed it follows what is saved; from the first change on it keeps the
 * version it was begun from, so that what somebody else saves meanwhile is noticed and never overwritten.
 */
export function useDraft(show: ProfileShowRow | undefined, personId: string) {
  const { t } = useTranslation('mapping');
  const place = placeOf(show?.id ?? '', personId);
  const mine = useStore(inHand, (state) => state.drafts.get(place));
  const [error, setError] = useState<PlainError>();
  const [busy, setBusy] = useState(false);
  const latest = useRef({ show, place });
  latest.current = { show, place };
  const changes = mine === undefined ? 0 : changedKeys(mine.base, mine.draft).size;
  const behind =
    mine !== undefined && changes > 0 && show !== undefined && show.overlayVersion !== mine.baseVersion;

  const edit = useCallback((change: (overlay: Overlay) => Overlay): void => {
    const { show: saved, place: here } = latest.current;
    if (saved === undefined) return;
    setDrafted(here, (now) => {
      const from: Drafted =
        now !== undefined && changedKeys(now.base, now.draft).size > 0
          ? now
          : {
              base: saved.overlay,
              baseVersion: saved.overlayVersion,
              draft: saved.overlay,
              before: [],
            };
      return { ...from, draft: change(from.draft), before: [...from.before, from.draft] };
    });
  }, []);
  const undo = useCallback((): void => {
    setDrafted(latest.current.place, (now) => {
      const last = now?.before.at(-1);
      return now === undefined || last === undefined
        ? now
        : { ...now, draft: last, before: now.before.slice(0, -1) };
    });
  }, []);
  const discard = useCallback((): void => {
    setDrafted(latest.current.place, () => undefined);
    setError(undefined);
  }, []);
  /** Takes what was saved meanwhile and lays the own changes over it. */
  const takeTheirs = useCallback((): void => {
    setError(undefined);
    const { show: saved, place: here } = latest.current;
    setDrafted(here, (now) => {
      if (now === undefined || saved === undefined) return now;
      return {
        ...now,
        base: saved.overlay,
        baseVersion: saved.overlayVersion,
        draft: rebase(now.base, now.draft, saved.overlay),
        before: [],
      };
    });
  }, []);
  const save = useCallback(async (): Promise<boolean> => {
    if (mine === undefined || show === undefined || busy) return false;
    const { base, draft, baseVersion } = mine;
    const instrumentId = show.id;
    setBusy(true);
    const outcome = await command('profile.save', { instrumentId, baseVersion, overlay: draft });
    setBusy(false);
    setError(outcome.ok ? undefined : outcome.error);
    if (!outcome.ok) return false;
    setDrafted(place, () => undefined);
    const { version } = outcome.value;
    offerUndo({
      text: t('saved', { count: changedKeys(base, draft).size, version }),
      undo: async () => {
        const back = await command('profile.save', { instrumentId, baseVersion: version, overlay: base });
        if (back.ok) announce(t('savedBack'));
        else setError(back.error);
      },
    });
    return true;
  }, [mine, show, place, busy, t]);

  return {
    /** What is edited: the draft, else what is saved; undefined before it is there. */
    overlay: changes > 0 ? mine?.draft : show?.overlay,
    /** What the draft was begun from. */
    base: changes > 0 ? mine?.base : show?.overlay,
    changes,
    /** Somebody else saved since the draft was begun. */
    behind,
    canUndo: mine !== undefined && mine.before.length > 0,
    error,
    setError,
    busy,
    edit,
    undo,
    discard,
    takeTheirs,
    save,
  };
}
