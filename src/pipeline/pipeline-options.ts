import type { TelemetryLog } from '../base/log.js';
import type { Propagation } from '../context/propagation.js';
import type { TenantOptions } from './tenants/tenant-options.js';

/** The parts that a pipeline needs from outside. */
export interface PipelineOptions {
  /** Names the instance in log lines. */
  readonly instance: string;
  readonly log: TelemetryLog;
  /** Read, never written; default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Limit for closing a replaced generation's exporters, in milliseconds. */
  readonly closeTimeoutMillis: number;
  readonly tenants?: TenantOptions;
  /** How trace context and baggage come in and go out; default the W3C formats, without rules for baggage. */
  readonly propagation?: Propagation;
  /** Called whenever another generation, or none, has become the current one. */
  readonly onChange?: () => void;
}
