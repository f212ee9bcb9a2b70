import type { StoredSpan } from './store/stored-span.js';

/** A request of a live control to an instance. */
export type ControlRequest =
  | { readonly action: 'reconfigure'; readonly change: Readonly<Record<string, unknown>> }
  | {
      readonly action: 'override';
      readonly change: Readonly<Record<string, unknown>>;
      readonly forMillis: number;
      readonly tenant?: string;
    }
  /** Stops or resumes what leaves the process; spans are made and shown all the same. */
  | { readonly action: 'exporter'; readonly on: boolean }
  /** Sends one trace to a receiver: the instance's own, or another that an exporter's configuration names. */
  | { readonly action: 'export'; readonly spans: readonly StoredSpan[]; readonly exporter?: object }
  | { readonly action: 'flush' | 'verify' };

/** An instance of telemetry in the process that devtools runs in. */
export interface DevtoolsSource {
  /** The service that it reports as. */
  readonly name: string;
  /** State of its pipeline, with the accounting of each exporter, as JSON without secrets. */
  status(): object;
  /** The live configuration, as JSON without secrets. */
  config(): object;
  /** Modules that the instance covers. */
  modules(): readonly string[];
  /** Spans that have begun and not ended, masked. */
  openSpans(): readonly StoredSpan[];
  /**
   * Carries a change out, through the checks of `TracerManager`. @throws TelemetryError
   * for one that cannot work
   */
  control(request: ControlRequest): Promise<object>;
}
