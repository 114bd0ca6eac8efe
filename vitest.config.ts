import { defineConfig } from 'vitest/config';

/** Unit and contract tests. The storage proof and the end-to-end tests are started by build/test.ts, one after the other. */
export default defineConfig({
  test: {
    include: ['{main,shared,renderer,build,test,preload}/**/*.test.ts', 'renderer/**/*.test.tsx'],
    exclude: ['**/node_modules/**', 'out/**', 'test/e2e/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
  },
});
