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
  readonly instrumentId: string;
  /** Whose draft it is: it is nobody else's. */
  readonly personId: string;
  /** What was saved when the draft was begun. */
  readonly base: Overlay;
  readonly baseVersion: number;
  readonly draft: Overlay;
  /** Earlier states of the draft, newest last. */
  readonly before: readonly Overlay[];
}

/** The draft in hand. It outlives its screen, so that going to a replay and back, or to another screen, loses nothing. */
const inHand = createStore<{ drafted: Drafted | null }>(() => ({ drafted: null }));
type Next = Drafted | null | ((now: Drafted | null) => Drafted | null);
const setDrafted = (next: Next): void =>
  inHand.setState(({ drafted }) => ({ drafted: typeof next === 'function' ? next(drafted) : next }));

/**
 * The laboratory's overlay of one instrument under edit. While nothing is changed it follows what is saved; from the first change on it keeps the
 * version it was begun from, so that what somebody else saves meanwhile is noticed and never overwritten.
 */
export function useDraft(show: ProfileShowRow | undefined, personId: string) {
  const { t } = useTranslation('mapping');
  const drafted = useStore(inHand, (state) => state.drafted);
  const [error, setError] = useState<PlainError>();
  const [busy, setBusy] = useState(false);
  const latest = useRef({ show, personId });
  latest.current = { show, personId };
  const mine =
    drafted !== null && drafted.instrumentId === show?.id && drafted.personId === personId ? drafted : null;
  const changes = mine === null ? 0 : changedKeys(mine.base, mine.draft).size;
  const behind =
    mine !== null && changes > 0 && show !== undefined && show.overlayVersion !== mine.baseVersion;

  const edit = useCallback((change: (overlay: Overlay) => Overlay): void => {
    setDrafted((now) => {
      const { show: saved, personId: person } = latest.current;
      if (saved === undefined) return now;
      const own = now !== null && now.instrumentId === saved.id && now.personId === person;
      const from: Drafted =
        own && changedKeys(now.base, now.draft).size > 0
          ? now
          : {
              instrumentId: saved.id,
              personId: person,
              base: saved.overlay,
              baseVersion: saved.overlayVersion,
              draft: saved.overlay,
              before: [],
            };
      return { ...from, draft: change(from.draft), before: [...from.before, from.draft] };
    });
  }, []);
  const undo = useCallback((): void => {
    setDrafted((now) => {
      const last = now?.before.at(-1);
      return now === null || last === undefined
        ? now
        : { ...now, draft: last, before: now.before.slice(0, -1) };
    });
  }, []);
  const discard = useCallback((): void => {
    setDrafted(null);
    setError(undefined);
  }, []);
  /** Takes what was saved meanwhile and lays the own changes over it. */
  const takeTheirs = useCallback((): void => {
    setError(undefined);
    setDrafted((now) => {
      const { show: saved } = latest.current;
      if (now === null || saved === undefined) return now;
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
    if (mine === null || busy) return false;
    const { instrumentId, base, draft, baseVersion } = mine;
    setBusy(true);
    const outcome = await command('profile.save', { instrumentId, baseVersion, overlay: draft });
    setBusy(false);
    setError(outcome.ok ? undefined : outcome.error);
    if (!outcome.ok) return false;
    setDrafted(null);
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
  }, [mine, busy, t]);

  return {
    /** What is edited: the draft, else what is saved; undefined before it is there. */
    overlay: changes > 0 ? mine?.draft : show?.overlay,
    /** What the draft was begun from. */
    base: changes > 0 ? mine?.base : show?.overlay,
    changes,
    /** Somebody else saved since the draft was begun. */
    behind,
    canUndo: mine !== null && mine.before.length > 0,
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
