export {
  bullmqTelemetry,
  type BullmqSpan,
  type BullmqTelemetry,
  type BullmqTelemetryOptions,
} from '../entries/bullmq-telemetry.js';
