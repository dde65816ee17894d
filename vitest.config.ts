import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // Native inference sessions live in the process: forks keep one file's crash from another's results.
    pool: 'forks',
    maxWorkers: 2,
  },
});
