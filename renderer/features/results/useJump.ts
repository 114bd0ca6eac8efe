import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatAccession, parseAccession } from '../../../shared/domain/accession-number.ts';
import type { ResultRow } from '../../../shared/ipc/results.ts';
import { useTarget } from '../../app/navigation.ts';
import { useLive } from '../../data/hooks.ts';
import type { Live } from '../../data/live.ts';
import { formatTime } from '../../i18n/format.ts';
import { announce } from '../../ui/announce.ts';
import { rowFor, scanned } from './rows.ts';
import { inSentence } from './words.ts';

/** What the head echoes of the last scan. */
export interface Echo {
  code: string;
  text: string | undefined;
}

interface Wanted {
  text: string;
  /** `record`: a result that was just written here, so it is waited for. */
  from: 'scan' | 'screen' | 'record';
  at: number;
}

/** How long the list may take to bring what was just written, ms. */
const PATIENCE_MS = 700;

/**
 * Goes to what was scanned, or what another screen asked for. When the list on screen has it not, all of today is looked through; when
 * there is no result of it, the echo says what it is instead.
 */
export function useJump({
  list,
  all,
  showAll,
  onRow,
}: {
  list: Live<ResultRow>;
  /** True when the list is that of the whole day, not narrowed by a search. */
  all: boolean;
  showAll: () => void;
  onRow: (row: ResultRow) => void;
}): { jump: (code: string) => void; follow: (resultId: string) => void; echo: Echo | null } {
  const { t } = useTranslation('results');
  const target = useTarget();
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [scan, setScan] = useState<{ code: string; shownAt: Date | null } | null>(null);
  const act = useRef({ showAll, onRow });
  act.current = { showAll, onRow };

  useEffect(() => {
    if (target.target !== '') setWanted({ text: target.target, from: 'screen', at: target.at });
  }, [target.target, target.at]);

  useEffect(() => {
    if (wanted === null || list.state === 'loading') return;
    const row = rowFor(list.rows, wanted.text);
    const giveUp = (): void => {
      if (!all) {
        act.current.showAll();
        return;
      }
      setWanted(null);
      if (wanted.from === 'scan' || parseAccession(wanted.text).ok)
        setScan({ code: wanted.text, shownAt: null });
      else announce(t('scan.gone'));
    };
    if (row !== undefined) {
      setWanted(null);
      act.current.onRow(row);
      if (wanted.from === 'scan') setScan({ code: wanted.text, shownAt: new Date() });
    } else if (wanted.from !== 'record') giveUp();
    else {
      const timer = setTimeout(giveUp, PATIENCE_MS);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [wanted, list, all, t]);

  const asked = useLive('accession.requisition', scan === null ? null : { scanned: scan.code });
  const number = scan === null ? '' : scanned(scan.code);
  const tube = asked.rows.flatMap((one) => one.tubes).find((one) => one.accessionIdentifier === number);
  const textOf = (): string | undefined => {
    if (scan === null || asked.state !== 'live') return undefined;
    if (tube !== undefined) {
      const type = inSentence(tube.typeDisplay);
      if (scan.shownAt !== null) return t('scan.shown', { type, at: formatTime(scan.shownAt) });
      return t(`scan.${tube.status}`, { type });
    }
    const read = parseAccession(scan.code);
    return asked.rows.length > 0 ? t('scan.noResults') : t(read.ok ? 'scan.unknown' : 'scan.notTube');
  };
  return {
    jump: (code) => setWanted({ text: code, from: 'scan', at: Date.now() }),
    follow: (resultId) => setWanted({ text: resultId, from: 'record', at: Date.now() }),
    echo: scan === null ? null : { code: formatAccession(number), text: textOf() },
  };
}
