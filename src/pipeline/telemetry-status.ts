import type { ClosedTotals } from './sink-pool.js';
import type { DropReason, ExporterStatus } from './span-sink.js';

/** The result of `TracerManager.status()`: numbers of spans, by exporter and outcome. */
export interface TelemetryStatus {
  /** Whether the instance has a configuration; false before the first one, and after `shutdown`. */
  readonly configured: boolean;
  /** Whether spans are created. */
  readonly enabled: boolean;
  /** The service's name. */
  readonly service: string | undefined;
  /** The number of the live configuration; each change adds one. */
  readonly generation: number;
  /** The sampler's description. */
  readonly sampler: string | undefined;
  /** The spans of all exporters, including those of replaced configurations. */
  readonly spans: {
    /** Spans that are running. */
    readonly live: number;
    /**
     * Sampled spans that were passed to exporters, counted once per exporter;
     * `ended = delivered + dropped + queued`.
     */
    readonly ended: number;
    /** Spans that the receivers accepted. */
    readonly delivered: number;
    /** Spans that wait or are being sent. */
    readonly queued: number;
    /**
     * Repeated outgoing calls that were counted instead of recorded, not part of `ended`; absent if there
     * are none.
     */
    readonly folded?: number;
    /** Lost spans, by reason. */
    readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  };
  /** The number of replaced configurations that still have running spans. */
  readonly drainingGenerations: number;
  /** The number of tenants with a pipeline of their own. */
  readonly activeTenants: number;
  /** The number of temporary configurations that are cached or still have spans. */
  readonly temporaryConfigs: number;
  /** The active changes of {@link TracerManager.override}. */
  readonly overrides: readonly {
    /** The tenant's key; absent if the change applies to all tenants. */
    readonly tenant?: string;
    /** The options that the change sets. */
    readonly changes: readonly string[];
    /** The time at which the change reverts automatically. */
    readonly until: Date;
  }[];
  /** The state of each open queue. */
  readonly exporters: readonly ExporterStatus[];
  /**
   * The live configuration with defaults and environment filled in, without credentials. In a flow of a
   * tenant or a temporary configuration, it is that flow's configuration. `resourceAttributes` are masked
   * as in spans. Empty before `configure` and after `shutdown`.
   */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * The origin of each value of `config` by path, such as `batch.maxQueueSize`: `option`, `variable` with
   * its names, `default`, `live change`, `tenant` or `temporary change`.
   */
  readonly origins: Readonly<Record<string, string>>;
}

/** The part of a status that is cheap to compute. */
export type DeliveryStatus = Omit<TelemetryStatus, 'config' | 'origins'>;

/** An active change of `TracerManager.override`. */
export type OverrideStatus = TelemetryStatus['overrides'][number];

/** Adds up the counts of all sinks of a pipeline, closed ones included. */
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
