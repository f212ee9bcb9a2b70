export type { DevtoolsOptions } from './devtools-options.js';
export { Recorder } from './recorder.js';
export { DevtoolsServer } from './server/devtools-server.js';
export { asReadableSpan } from './store/as-readable.js';
export { storedSpan, type StoredSpan } from './store/stored-span.js';
