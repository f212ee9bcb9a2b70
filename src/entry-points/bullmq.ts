export {
  bullmqTelemetry,
  type BullmqTelemetry,
  type BullmqTelemetryOptions,
} from '../entries/bullmq-telemetry.js';
