import { defineConfig } from 'vitest/config';

const common = {
  testTimeout: 120_000,
  hookTimeout: 300_000,
  // Native inference sessions live in the process: forks keep one file's crash from another's results.
  pool: 'forks' as const,
  setupFiles: ['test/propertySeed.ts'],
};
const endToEnd = 'test/endToEnd/**';

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: 'rooms', include: ['test/**/*.test.ts'], exclude: [endToEnd] } },
      {
        test: {
          ...common,
          name: 'end to end',
          include: [`${endToEnd}/*.test.ts`],
          // trains the model that these tests share, only when one of them is run
          globalSetup: 'test/endToEnd/globalSetup.ts',
        },
      },
    ],
  },
});
