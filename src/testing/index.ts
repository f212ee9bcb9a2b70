export { recordSpans } from './record-spans.js';
export { SpanRecorder, type SpanNode } from './span-recorder.js';
export { TelemetryTestingModule } from './telemetry-testing.module.js';
