import { start as startLibrary } from './library.mjs';

/** Metrics of requests as they are by default: with an OTLP exporter, to the same receiver. */
export const start = (options) => startLibrary({ ...options, config: { ...options.config, metrics: {} } });
