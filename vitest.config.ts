import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `test/package` installs the packed tarball, `test/faults` breaks the network on purpose, `test/clients/servers` needs databases,
    // `test/brokers` brokers: each has a script of its own.
    exclude: [
      ...configDefaults.exclude,
      'test/package/**',
      'test/faults/**',
      'test/clients/servers/**',
      'test/brokers/**',
    ],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: ['default'],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['dist/**', 'sample-app/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 80 },
    },
  },
});
