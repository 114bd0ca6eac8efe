import { useEffect, useState } from 'react';

/** The time, renewed at every full minute (or every second). */
export function useNow(every: 'minute' | 'second' = 'minute'): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const step = every === 'minute' ? 60_000 : 1000;
    let timer: ReturnType<typeof setTimeout>;
    const again = (): void => {
      timer = setTimeout(
        () => {
          setNow(new Date());
          again();
        },
        step - (Date.now() % step) + 5,
      );
    };
    again();
    return () => clearTimeout(timer);
  }, [every]);
  return now;
}
