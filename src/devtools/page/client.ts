import type { ErrorEntry } from '../store/error-list.js';
import type { MetricSeries } from '../store/metric-store.js';
import type { RouteStatistics } from '../store/route-statistics.js';
import type { TraceSummary } from '../store/stored-trace.js';
import type { TraceDetails } from '../store/trace-text.js';
import type { TraceStoreStatus } from '../store/trace-store.js';

/** The state of one exporter's queue, as in `TracerManager.status()`. */
export interface ExporterState {
  readonly exporter: string;
  readonly target?: string;
  readonly ended: number;
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly queuedSpans: number;
  readonly queuedBytes: number;
  readonly retries: number;
  readonly breaker: string;
  readonly lastError?: { readonly code: string; readonly reason: string; readonly hint?: string };
}

/** One telemetry instance of the app. */
export interface SourceState {
  readonly name: string;
  readonly status: {
    readonly generation: number;
    readonly sampler?: string;
    readonly enabled: boolean;
    readonly exporters: readonly ExporterState[];
    readonly overrides: readonly {
      readonly changes: readonly string[];
      readonly until: string;
      tenant?: string;
    }[];
  };
  readonly config: Readonly<Record<string, unknown>>;
  readonly modules: readonly string[];
}

export interface DevtoolsState {
  readonly store: TraceStoreStatus;
  readonly sources: readonly SourceState[];
}

/** Requests JSON from the page's own server. @throws Error with the server's message */
async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, { credentials: 'same-origin', ...init });
  const body = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(body.error ?? `The server answered ${response.status}.`);
  return body;
}

function post<T>(path: string, body: string): Promise<T> {
  return ask<T>(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

/** Functions for the server's API. */
export const client = {
  traces: (filter: string, limit: number) =>
    ask<{ total: number; traces: TraceSummary[] }>(
      `/api/traces?limit=${limit}&filter=${encodeURIComponent(filter)}`,
    ),
  trace: (traceId: string) => ask<TraceDetails>(`/api/traces/${traceId}`),
  otlp: (traceId: string) => ask<object>(`/api/traces/${traceId}/otlp`),
  errors: async () => (await ask<{ errors: ErrorEntry[] }>('/api/errors')).errors,
  routes: async () => (await ask<{ routes: RouteStatistics[] }>('/api/routes')).routes,
  metrics: async () => (await ask<{ series: MetricSeries[] }>('/api/metrics')).series,
  state: () => ask<DevtoolsState>('/api/status'),
  clear: () => ask<object>('/api/traces', { method: 'DELETE' }),
  importOtlp: (json: string) => post<{ spans: number }>('/api/import', json),
  control: (body: object) => post<Readonly<Record<string, unknown>>>('/api/control', JSON.stringify(body)),
};
