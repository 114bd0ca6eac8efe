/** One JSON line per event on standard error. Never patient data: ids, codes and counts only. */
export interface Log {
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
}

/** @param write where lines go; standard error by default. */
export function createLog(
  clock: { now(): Date },
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  const at = (level: string) => (event: string, fields?: Record<string, unknown>) =>
    write(`${JSON.stringify({ at: clock.now().toISOString(), level, event, ...fields })}\n`);
  return { info: at('info'), warn: at('warn'), error: at('error') };
}
