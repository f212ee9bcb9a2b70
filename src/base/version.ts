import { createRequire } from 'node:module';

const { name, version } = createRequire(import.meta.url)('../../package.json') as {
  name: string;
  version: string;
};

/** The instrumentation scope of the spans that the library makes by itself. */
export const LIBRARY_SCOPE = { name, version } as const;
