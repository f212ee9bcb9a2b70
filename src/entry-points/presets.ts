export { arize, ArizeEndpoint, arizeHeaders, type ArizeOptions } from '../config/presets/arize.js';
export { ensureCollectorEndpoint } from '../config/presets/collector-endpoint.js';
export { phoenix, type PhoenixOptions } from '../config/presets/phoenix.js';
export { highThroughput, memoryConstrained, samplingByEnvironment } from '../config/presets/tuning.js';
