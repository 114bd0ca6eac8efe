import { useMemo } from 'react';
import type { TraceMessage } from '../../../../shared/ipc/instruments.ts';
import { useLive } from '../../../data/hooks.ts';

/** A message of a line that its trace still knows, with when it ended. */
export interface LineMessage extends TraceMessage {
  readonly at: string;
}

/** The newest messages of a line, newest first, as its trace knows them. */
export function useMessages(instrumentId: string | null): readonly LineMessage[] {
  const { rows } = useLive('instruments.trace', instrumentId === null ? null : { instrumentId });
  return useMemo(() => {
    const found = new Map<string, LineMessage>();
    for (const row of rows)
      if (row.message !== null) found.set(row.message.number, { ...row.message, at: row.at });
    return [...found.values()].reverse();
  }, [rows]);
}
