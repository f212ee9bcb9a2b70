import type { Attributes } from '@opentelemetry/api';

/** Names the spans and metrics of one module. */
export interface TelemetryFeatureOptions {
  /** Instrumentation scope of the module's spans and metrics; default `nestjs-telemetry`. */
  readonly tracer?: string;
  /** Attributes of every span that the module's services start. */
  readonly attributes?: Attributes;
}
