import { LIBRARY_NAME, LIBRARY_VERSION } from './library.js';

/** The instrumentation scope of the spans that the library creates automatically. */
export const LIBRARY_SCOPE = { name: LIBRARY_NAME, version: LIBRARY_VERSION } as const;
