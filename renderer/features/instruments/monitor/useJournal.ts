import { useCallback, useEffect, useRef, useState } from 'react';
import type { PlainError } from '../../../../shared/errors.ts';
import type { TraceRow } from '../../../../shared/ipc/instruments.ts';
import { lookUp } from '../../../data/lookup.ts';
import { useCalm } from '../parts/useLast.ts';

/** How long nothing is typed before the journal is searched, ms. */
const CALM_MS = 300;
/** Rows of a page. */
const PAGE = 200;

interface Found {
  readonly rows: readonly TraceRow[];
  /** Where to go on; null when there is nothing older. */
  readonly before: number | null;
  readonly busy: boolean;
  readonly error: PlainError | undefined;
}
const nothing: Found = { rows: [], before: null, busy: false, error: undefined };

/**
 * The whole journal of a line, newest page first, with a search over text, names of control characters and message numbers. `older` puts
 * the page before in front. Pages in which nothing was found are passed over until something is, or nothing is left.
 */
export function useJournal(instrumentId: string, search: string, on: boolean) {
  const calm = useCalm(search.trim(), CALM_MS);
  const [found, setFound] = useState<Found>(nothing);
  const run = useRef(0);
  const load = useCallback(
    async (before: number | undefined, kept: readonly TraceRow[], mine: number): Promise<void> => {
      let beforeSeq = before;
      // What is asked is named by its time, so that a page is never an answer from before.
      const to = new Date(Date.now() + 60_000).toISOString();
      for (;;) {
        const page = await lookUp('trace.page', {
          instrumentId,
          search: calm,
          limit: PAGE,
          ...(beforeSeq === undefined ? { to } : { beforeSeq }),
        });
        if (run.current !== mine) return;
        if (!page.ok) {
          setFound({ rows: kept, before: null, busy: false, error: page.error });
          return;
        }
        const row = page.value[0];
        const rows = row?.rows ?? [];
        const more = row?.more === true;
        if (rows.length > 0 || !more || row === undefined) {
          setFound({
            rows: [...rows, ...kept],
            before: more && row !== undefined ? row.olderSeq : null,
            busy: false,
            error: undefined,
          });
          return;
        }
        beforeSeq = row.olderSeq;
      }
    },
    [instrumentId, calm],
  );
  useEffect(() => {
    run.current += 1;
    if (!on) {
      setFound(nothing);
      return;
    }
    setFound({ ...nothing, busy: true });
    void load(undefined, [], run.current);
    const stop = run;
    return () => {
      stop.current += 1;
    };
  }, [load, on]);
  const older = useCallback((): void => {
    if (found.before === null || found.busy) return;
    setFound((now) => ({ ...now, busy: true }));
    void load(found.before, found.rows, run.current);
  }, [found, load]);
  return { ...found, older };
}
