import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests that need servers, which `run.mjs` starts. */
export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: {
    include: ['test/clients/servers/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
