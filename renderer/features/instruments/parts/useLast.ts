import { useEffect, useRef, useState } from 'react';

/** The value as it was when it had not changed for `ms`: what is asked while somebody types. */
export function useCalm<T>(value: T, ms: number): T {
  const [calm, setCalm] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return calm;
}

/** The last value that was there, while a new one is on its way; `scope` forgets it (another line, another message). */
export function useLast<T>(value: T | undefined, scope: string): T | undefined {
  const last = useRef<{ scope: string; value: T } | undefined>(undefined);
  if (value !== undefined) last.current = { scope, value };
  return last.current?.scope === scope ? last.current.value : undefined;
}
