import { afterEach } from 'vitest';
import { seenInWindows } from './harness.ts';

// A failure on a machine nobody can look at is told with what its windows showed.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  console.error(`What the windows showed when "${task.name}" failed:\n${await seenInWindows()}`);
});
