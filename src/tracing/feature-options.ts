import type { Attributes } from '@opentelemetry/api';

/** Sets the tracer name and the span attributes of one module. */
export interface TelemetryFeatureOptions {
  /** The instrumentation scope of the module's spans and metrics; default `nestjs-telemetry`. */
  readonly tracer?: string;
  /** Attributes of every span that the module's services start; default none. */
  readonly attributes?: Attributes;
}
