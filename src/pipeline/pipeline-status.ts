import type { RetiredTotals } from './sink-pool.js';
import type { DropReason, SinkStatus } from './span-sink.js';

/** A time-boxed change that is in force. */
export interface OverrideStatus {
  /** Absent when it is for everybody. */
  readonly tenant?: string;
  /** The options that it changes. */
  readonly changes: readonly string[];
  readonly until: Date;
}

/** What `TracerManager.status()` tells about spans and where they went. */
export interface PipelineStatus {
  readonly configured: boolean;
  readonly enabled: boolean;
  readonly service: string | undefined;
  readonly generation: number;
  readonly sampler: string | undefined;
  readonly spans: {
    /** Begun and not ended. */
    readonly live: number;
    /** Sampled spans handed to exporters, once per exporter; `ended = delivered + dropped + queued`. */
    readonly ended: number;
    readonly delivered: number;
    readonly queued: number;
    readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  };
  /** Replaced configurations with spans that are still alive. */
  readonly drainingGenerations: number;
  readonly activeTenants: number;
  readonly temporaryConfigs: number;
  readonly overrides: readonly OverrideStatus[];
  /** The queues that are open now. */
  readonly exporters: readonly SinkStatus[];
}

/** Adds up what all sinks of a pipeline have counted, closed ones included. */
export function countSpans(
  exporters: readonly SinkStatus[],
  retired: RetiredTotals,
  live: number,
): PipelineStatus['spans'] {
  const dropped: Partial<Record<DropReason, number>> = { ...retired.dropped };
  let { ended, delivered } = retired;
  let queued = 0;
  for (const sink of exporters) {
    ended += sink.ended;
    delivered += sink.delivered;
    queued += sink.queuedSpans;
    for (const [reason, count] of Object.entries(sink.dropped) as [DropReason, number][]) {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    }
  }
  return { live, ended, delivered, queued, dropped };
}
