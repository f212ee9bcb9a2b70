import { isFailed, resourceService, type StoredSpan } from './stored-span.js';
import type { StoredTrace } from './stored-trace.js';

/** Statistics of one kind of entry, over all stored traces. */
export interface RouteStatistics {
  readonly name: string;
  readonly service: string;
  readonly count: number;
  readonly errors: number;
  readonly p50Millis: number;
  readonly p95Millis: number;
  readonly maxMillis: number;
  /** The id of the slowest trace. */
  readonly slowestTraceId: string;
}

const SERVER = 1;
const CONSUMER = 4;

/** Groups requests, messages and jobs by name, the slowest (by p95) first. */
export function routeStatistics(traces: readonly StoredTrace[]): RouteStatistics[] {
  const groups = new Map<string, StoredSpan[]>();
  for (const trace of traces) {
    for (const span of trace.spans.values()) {
      if (span.end === undefined || !isEntry(span)) continue;
      const key = JSON.stringify([resourceService(span.resource), span.name]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [span]);
      else group.push(span);
    }
  }
  return [...groups.values()].map(statisticsOf).sort((a, b) => b.p95Millis - a.p95Millis);
}

/** Whether a span is an entry: also a root span of any kind, such as a cron tick or a script. */
function isEntry({ kind, parentSpanId }: StoredSpan): boolean {
  return kind === SERVER || kind === CONSUMER || parentSpanId === undefined;
}

function statisticsOf(spans: readonly StoredSpan[]): RouteStatistics {
  const sorted = [...spans].sort((a, b) => durationOf(a) - durationOf(b));
  const slowest = sorted.at(-1) as StoredSpan;
  return {
    name: slowest.name,
    service: resourceService(slowest.resource),
    count: sorted.length,
    errors: sorted.filter(isFailed).length,
    p50Millis: quantile(sorted, 0.5),
    p95Millis: quantile(sorted, 0.95),
    maxMillis: durationOf(slowest),
    slowestTraceId: slowest.traceId,
  };
}

function quantile(sorted: readonly StoredSpan[], share: number): number {
  const index = Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1);
  return durationOf(sorted[Math.max(0, index)] as StoredSpan);
}

function durationOf({ start, end = start }: StoredSpan): number {
  return Math.max(0, end - start);
}
