import type { ClosedTotals } from './sink-pool.js';
import type { DropReason, ExporterStatus } from './span-sink.js';

/** The result of `TracerManager.status()`: spans counted by exporter and fate. */
export interface TelemetryStatus {
  /** Whether the instance has a configuration: false before the first, and after `shutdown`. */
  readonly configured: boolean;
  /** Whether spans are made. */
  readonly enabled: boolean;
  /** Name of the service. */
  readonly service: string | undefined;
  /** Number of the live configuration; it grows by one with each change. */
  readonly generation: number;
  /** The sampler, in its own words. */
  readonly sampler: string | undefined;
  /** Spans of all exporters, those of replaced configurations included. */
  readonly spans: {
    /** Begun and not ended. */
    readonly live: number;
    /** Sampled spans handed to exporters, once per exporter; `ended = delivered + dropped + queued`. */
    readonly ended: number;
    /** Arrived. */
    readonly delivered: number;
    /** Waiting or being sent. */
    readonly queued: number;
    /**
     * Repeated outgoing calls that were counted together in place of a span each, not among `ended`;
     * absent while there are none.
     */
    readonly folded?: number;
    /** Lost, by reason. */
    readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  };
  /** Replaced configurations with spans that are still alive. */
  readonly drainingGenerations: number;
  /** Tenants with a pipeline of their own. */
  readonly activeTenants: number;
  /** Temporary configurations that are kept for reuse or still have spans. */
  readonly temporaryConfigs: number;
  /** Changes of {@link TracerManager.override} that are in force. */
  readonly overrides: readonly {
    /** Absent if it is for all tenants. */
    readonly tenant?: string;
    /** The options that it changes. */
    readonly changes: readonly string[];
    /** When it reverts by itself. */
    readonly until: Date;
  }[];
  /** The queues that are open now. */
  readonly exporters: readonly ExporterStatus[];
  /**
   * The live configuration, completed from the environment and the defaults, without credentials; in a
   * tenant's or a temporary configuration's flow, that one. `resourceAttributes` are masked as in spans.
   * Empty before `configure` and after `shutdown`.
   */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * Where each value of `config` comes from, by path, such as `batch.maxQueueSize`: `option`, `variable`
   * with its names, `default`, `live change`, `tenant` or `temporary change`.
   */
  readonly origins: Readonly<Record<string, string>>;
}

/** The part of a status that costs little. */
export type DeliveryStatus = Omit<TelemetryStatus, 'config' | 'origins'>;

/** A change of `TracerManager.override` that is in force. */
export type OverrideStatus = TelemetryStatus['overrides'][number];

/** Adds up what all sinks of a pipeline have counted, closed ones included. */
export function countSpans(
  exporters: readonly ExporterStatus[],
  closed: ClosedTotals,
  live: number,
  folded: number,
): TelemetryStatus['spans'] {
  const dropped: Partial<Record<DropReason, number>> = { ...closed.dropped };
  let { ended, delivered } = closed;
  let queued = 0;
  for (const sink of exporters) {
    ended += sink.ended;
    delivered += sink.delivered;
    queued += sink.queuedSpans;
    for (const [reason, count] of Object.entries(sink.dropped) as [DropReason, number][]) {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    }
  }
  return { live, ended, delivered, queued, dropped, ...(folded === 0 ? {} : { folded }) };
}
