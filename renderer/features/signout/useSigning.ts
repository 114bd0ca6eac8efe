import { useCallback, useEffect, useRef, useState } from 'react';
import type { PlainError } from '../../../shared/errors.ts';
import type { CaseDetailRow } from '../../../shared/ipc/signout.ts';
import { command } from '../../data/hooks.ts';
import { offerUndo } from '../../ui/undo.ts';
import { changedLines, useSeen } from './seen.ts';

/**
 * The way from reading to the signature: the conclusion is kept first, then what was seen is signed and nothing else. The PIN is
 * forgotten with every attempt and with every other case.
 */
export function useSigning(
  detail: CaseDetailRow | undefined,
  words: { meaning: string; conclusionKept: string },
  onSigned: (detail: CaseDetailRow) => void,
) {
  const id = detail?.id ?? null;
  const [pin, setPin] = useState('');
  const [own, setOwn] = useState<{ id: string; text: string } | null>(null);
  const [saving, setSaving] = useState(0);
  const [wanted, setWanted] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<PlainError | null>(null);
  const [pinError, setPinError] = useState<PlainError | null>(null);
  const mine = own !== null && own.id === id ? own.text : null;
  const { seen, changed, accept } = useSeen(detail, mine);
  const latest = useRef({ detail, onSigned });
  latest.current = { detail, onSigned };

  const [forId, setForId] = useState(id);
  if (forId !== id) {
    setForId(id);
    setPin('');
    setWanted(false);
    setError(null);
    setPinError(null);
  }
  useEffect(() => {
    if (!changed) return;
    setPin('');
    setWanted(false);
  }, [changed]);

  const conclude = useCallback(
    async (reportId: string, text: string, before: string, undoable = true): Promise<boolean> => {
      setOwn({ id: reportId, text });
      setSaving((count) => count + 1);
      const outcome = await command('report.conclude', { reportId, conclusion: text });
      setSaving((count) => count - 1);
      if (!outcome.ok) {
        setOwn(null);
        setError(outcome.error);
        return false;
      }
      if (undoable) {
        offerUndo({
          text: words.conclusionKept,
          undo: async () => void (await conclude(reportId, before, text, false)),
        });
      }
      return true;
    },
    [words.conclusionKept],
  );

  // What the signer saw includes the words just written: the engine has to have them before they can be signed.
  const settled = saving === 0 && !changed && seen !== null && (mine === null || detail?.conclusion === mine);
  const signNow = useCallback(
    async (reportId: string, contentHash: string, typed: string): Promise<void> => {
      setBusy(true);
      const outcome = await command('report.sign', {
        reportId,
        pin: typed,
        meaning: words.meaning,
        contentHash,
      });
      setBusy(false);
      setPin('');
      if (outcome.ok) {
        if (latest.current.detail !== undefined) latest.current.onSigned(latest.current.detail);
        return;
      }
      if (outcome.error.code === 'access.denied' || outcome.error.code === 'access.lockedOut')
        setPinError(outcome.error);
      else setError(outcome.error);
    },
    [words.meaning],
  );
  useEffect(() => {
    if (!wanted || !settled || busy || seen === null || pin === '') return;
    setWanted(false);
    void signNow(seen.id, seen.hash, pin);
  }, [wanted, settled, busy, seen, pin, signNow]);

  return {
    pin,
    setPin: (typed: string) => {
      setPin(typed);
      setPinError(null);
    },
    seenHash: seen?.hash ?? detail?.contentHash ?? '',
    changed,
    changedLines: changedLines(seen, detail),
    accept: () => {
      setOwn(null);
      setError(null);
      accept();
    },
    busy: busy || wanted,
    error,
    setError,
    pinError,
    conclude,
    sign: () => {
      setError(null);
      setPinError(null);
      setWanted(true);
    },
  };
}
