import type { TelemetryLog } from '../base/log.js';
import type { Propagation } from '../context/propagation.js';
import type { TenantOptions } from './tenants/tenant-options.js';

/** Options of a {@link Pipeline}. */
export interface PipelineOptions {
  /** The instance's name in log lines. */
  readonly instance: string;
  readonly log: TelemetryLog;
  /** The environment to read, never written; default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** The time limit for closing a replaced generation's exporters, in milliseconds. */
  readonly closeTimeoutMillis: number;
  readonly tenants?: TenantOptions;
  /** Propagates trace context and baggage; default: the W3C formats, without baggage rules. */
  readonly propagation?: Propagation;
  /** Called whenever the current generation changes. */
  readonly onChange?: () => void;
}
