import { defineConfig } from 'vitest/config';

/** Tests that start engines, or load what changes the runtime around them: each file has a process of its own. */
const ALONE = ['contract', 'property', 'crash', 'fault', 'partition'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

const common = {
  exclude: ['**/node_modules/**', 'out/**', 'test/e2e/**'],
  testTimeout: 30_000,
  expect: { poll: { timeout: 10_000 } },
  hookTimeout: 60_000,
};

/** Unit and contract tests. The end-to-end tests are started by build/test.ts after them. */
export default defineConfig({
  test: {
    pool: 'forks',
    // More than the two cores it is measured on: much of the time is spent waiting for programs, timers and disks.
    maxWorkers: 3,
    projects: [
      { test: { ...common, name: 'alone', include: ALONE } },
      {
        test: {
          ...common,
          name: 'together',
          include: ['{main,shared,renderer,build,test,preload}/**/*.test.ts', 'renderer/**/*.test.tsx'],
          exclude: [...common.exclude, ...ALONE],
          isolate: false,
        },
      },
    ],
  },
});
