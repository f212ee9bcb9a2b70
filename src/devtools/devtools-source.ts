import type { StoredSpan } from './store/stored-span.js';

/** A control request of the page to an instance. */
export type ControlRequest =
  | { readonly action: 'reconfigure'; readonly change: Readonly<Record<string, unknown>> }
  | {
      readonly action: 'override';
      readonly change: Readonly<Record<string, unknown>>;
      readonly forMillis: number;
      readonly tenant?: string;
    }
  /** Stops or resumes the export. Spans are still created and shown. */
  | { readonly action: 'exporter'; readonly on: boolean }
  /** Sends one trace to a receiver: the instance's own, or that of the given exporter configuration. */
  | { readonly action: 'export'; readonly spans: readonly StoredSpan[]; readonly exporter?: object }
  | { readonly action: 'flush' | 'verify' };

/** A telemetry instance in the process of devtools. */
export interface DevtoolsSource {
  /** The name of the instance's service. */
  readonly name: string;
  /** Returns the pipeline's state with the counts of each exporter, as JSON without secrets. */
  status(): object;
  /** Returns the live configuration, as JSON without secrets. */
  config(): object;
  /** Returns the names of the modules that the instance covers. */
  modules(): readonly string[];
  /** Returns the open spans, masked. */
  openSpans(): readonly StoredSpan[];
  /**
   * Executes a control request, with the checks of `TracerManager`. @throws TelemetryError if it is invalid
   */
  control(request: ControlRequest): Promise<object>;
}
