export type { DevtoolsOptions } from './devtools-options.js';
export type { ControlRequest, DevtoolsSource } from './devtools-source.js';
export { Recorder } from './recorder.js';
export { DevtoolsServer } from './server/devtools-server.js';
export {
  storedSpan,
  type StoredEvent,
  type StoredLink,
  type StoredLog,
  type StoredSpan,
} from './store/stored-span.js';
export type { TraceSummary } from './store/stored-trace.js';
export type { TraceStoreOptions, TraceStoreStatus } from './store/trace-store.js';
