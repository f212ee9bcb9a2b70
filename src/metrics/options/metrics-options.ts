import type { OtlpExporterConfig } from '../../config/exporter-config.js';
import type { Secret } from '../../config/secret.js';
import type { SdkMetricReader } from '../../sdk/metric-reader.js';
import type { PushMetricExporter } from '../../sdk/push-metric-exporter.js';
import type { ViewOptions } from '../../sdk/view-options.js';

/** When a reader exports by itself. */
export interface ExportSchedule {
  /** Milliseconds between two exports; default 60,000. */
  readonly exportIntervalMillis?: number;
  /** Limit of one export, in milliseconds; default 30,000, at most the interval. */
  readonly exportTimeoutMillis?: number;
  /**
   * Whether each export tells totals since the start (`cumulative`, the default), what came since the last
   * export (`delta`), or whichever needs less memory here. Up-down counters are always cumulative.
   *
   * @see {@link https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/ | OTLP metrics exporter}
   */
  readonly temporality?: 'cumulative' | 'delta' | 'lowmemory';
}

/**
 * Lets Prometheus scrape; needs the optional peer `@opentelemetry/exporter-prometheus`.
 *
 * Without a `port`, `TelemetryMetricsModule` serves the page on the app's own server.
 */
export interface PrometheusReaderConfig {
  /** Makes a page that Prometheus scrapes. */
  readonly type: 'prometheus';
  /** Serves the page on a port of its own; by convention 9464. */
  readonly port?: number;
  /** Address that the port is bound to; default `127.0.0.1`. */
  readonly host?: string;
  /** Path on that port; default `/metrics`. */
  readonly path?: string;
  /** Prefix of every name, joined by an underscore. */
  readonly prefix?: string;
  /**
   * Puts units into names, as Prometheus does with what comes over OTLP: `…_duration_seconds` in the place of
   * `…_duration`; default false.
   */
  readonly unitSuffixes?: boolean;
}

/**
 * A reader in {@link MetricsOptions}, by its `type`: an OTLP receiver with the options of the spans'
 * exporter and `/v1/metrics` for the path; the console; a page for Prometheus; an exporter of your own,
 * read on a schedule, or alone; a `MetricReader` of the SDK.
 *
 * A `MetricReader` reads for one instance, through all of its configurations, and is shut down when no
 * configuration names it any more.
 */
export type MetricReaderConfig =
  | (OtlpExporterConfig<string | Secret> & ExportSchedule)
  | (ExportSchedule & {
      /** Prints each export to standard output, one line for each series. */
      readonly type: 'console';
    })
  | PrometheusReaderConfig
  | (ExportSchedule & {
      /** Reads an exporter that was built by the user on a schedule. */
      readonly type: 'custom';
      /** The exporter. */
      readonly exporter: PushMetricExporter;
    })
  | PushMetricExporter
  | SdkMetricReader;

/** An OTLP receiver of metrics. */
export type OtlpReaderConfig = OtlpExporterConfig<string | Secret> & ExportSchedule;

/** How a reader's totals relate to its exports before. */
export type Temporality = NonNullable<ExportSchedule['temporality']>;

/** How requests are measured. */
export interface HttpMetricsOptions {
  /** Adds `http.server.request.body.size` and `http.server.response.body.size`; default false. */
  readonly bodySizes?: boolean;
  /**
   * The value of `http.server.request.duration` for a streamed response: the time to its first byte, so that
   * streams do not spoil latency, or the whole of it. Default `first-byte`; how long it lived is
   * `stream.duration` in any case.
   */
  readonly streamDuration?: 'first-byte' | 'whole';
}

/** Which official packages measure the process. */
export interface RuntimeMetricsOptions {
  /**
   * Event loop, heap and garbage collection, by `@opentelemetry/instrumentation-runtime-node`; default true.
   */
  readonly node?: boolean;
  /** CPU, memory and network of process and machine, by `@opentelemetry/host-metrics`; default true. */
  readonly host?: boolean;
}

/** Options for the metrics of an instance and their readers. */
export interface MetricsOptions extends ExportSchedule {
  /**
   * One or several; an empty list for none. Default: what `OTEL_METRICS_EXPORTER` names, else an OTLP reader
   * beside each OTLP exporter of spans, with its address and headers; without one, metrics are off.
   */
  readonly readers?: MetricReaderConfig | readonly MetricReaderConfig[];
  /** Rename, filter, rebucket or drop streams; views of the SDK. */
  readonly views?: readonly ViewOptions[];
  /** Most series of an instrument; what comes beyond is added up as `otel.metric.overflow`. Default 2,000. */
  readonly cardinalityLimit?: number;
  /** Requests and streams; `false` measures none. */
  readonly http?: false | HttpMetricsOptions;
  /**
   * Counts entries by tenant, as `nestjs.tenant.entries`; default false, since the tenant's key becomes a
   * label that every reader of the metrics sees.
   */
  readonly tenants?: boolean;
  /** The process: default false, since its packages are optional peers. */
  readonly runtime?: boolean | RuntimeMetricsOptions;
  /** The library's own queue and exporters, by the `otel.sdk.*` names; default true. */
  readonly self?: boolean;
}

export function isSdkMetricReader(reader: object): reader is SdkMetricReader {
  return typeof (reader as Partial<SdkMetricReader>).setMetricProducer === 'function';
}

export function isPushMetricExporter(reader: object): reader is PushMetricExporter {
  return typeof (reader as Partial<PushMetricExporter>).export === 'function';
}
