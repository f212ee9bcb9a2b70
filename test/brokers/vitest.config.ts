import { defineConfig } from 'vitest/config';

/** Tests that `run.mjs` runs, with the address of a broker. */
export default defineConfig({
  test: { include: ['test/brokers/**/*.test.ts'], pool: 'forks', testTimeout: 60_000, hookTimeout: 60_000 },
});
