import { afterEach } from 'vitest';
import { seenInWindows } from './harness.ts';

// A failure on a machine nobody can look at is told with what its windows showed.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const seen = `What the windows showed when "${task.name}" failed:\n${await seenInWindows()}`;
  // In the error itself, so that it stands in the summary at the end, which is what is kept of a long log.
  const [first] = task.result.errors ?? [];
  if (first === undefined) console.error(seen);
  else first.message = `${first.message}\n${seen}`;
});
