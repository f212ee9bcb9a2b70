import type { OtlpExporterConfig } from '../../config/exporter-config.js';
import type { Secret } from '../../config/secret.js';
import type { SdkMetricReader } from '../../sdk/metric-reader.js';
import type { PushMetricExporter } from '../../sdk/push-metric-exporter.js';
import type { ViewOptions } from '../../sdk/view-options.js';

/** The schedule of a reader's exports. */
export interface ExportSchedule {
  /** The time between two exports, in milliseconds; default 60,000. */
  readonly exportIntervalMillis?: number;
  /** The time limit of one export, in milliseconds; default 30,000, at most the interval. */
  readonly exportTimeoutMillis?: number;
  /**
   * The temporality: `cumulative` exports totals since the start, `delta` the change since the last export,
   * `lowmemory` whichever needs less memory for an instrument; default `cumulative`. Up-down counters are
   * always cumulative.
   *
   * @see {@link https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/ | OTLP metrics
   *   exporter}
   */
  readonly temporality?: 'cumulative' | 'delta' | 'lowmemory';
}

/**
 * A page for Prometheus; needs the optional peer `@opentelemetry/exporter-prometheus`.
 *
 * Without a `port`, `TelemetryMetricsModule` serves the page on the app's own server.
 */
export interface PrometheusReaderConfig {
  /** Selects a page for Prometheus. */
  readonly type: 'prometheus';
  /** The port of the page; conventionally 9464. Default: no port of its own. */
  readonly port?: number;
  /** The address that the port is bound to; default `127.0.0.1`. */
  readonly host?: string;
  /** The path on that port; default `/metrics`. */
  readonly path?: string;
  /** The prefix of every name, joined by an underscore; default none. */
  readonly prefix?: string;
  /**
   * Whether to append units to names, as Prometheus does with metrics over OTLP (`…_duration_seconds`
   * instead of `…_duration`); default false.
   */
  readonly unitSuffixes?: boolean;
}

/**
 * A reader in {@link MetricsOptions}, by its `type`: an OTLP receiver, with the options of the span
 * exporter and `/v1/metrics` as path; the console; a page for Prometheus; a custom exporter, with or
 * without a schedule; a `MetricReader` of the SDK.
 *
 * A `MetricReader` reads one instance, through all of its configurations. It is shut down when no
 * configuration names it any more.
 */
export type MetricReaderConfig =
  | (OtlpExporterConfig<string | Secret> & ExportSchedule)
  | (ExportSchedule & {
      /** Prints each export to standard output, one line per series. */
      readonly type: 'console';
    })
  | PrometheusReaderConfig
  | (ExportSchedule & {
      /** Exports through an exporter that the user built, on a schedule. */
      readonly type: 'custom';
      /** The exporter that the user built. */
      readonly exporter: PushMetricExporter;
    })
  | PushMetricExporter
  | SdkMetricReader;

/** An OTLP receiver of metrics. */
export type OtlpReaderConfig = OtlpExporterConfig<string | Secret> & ExportSchedule;

/** The temporality of a reader's exports. */
export type Temporality = NonNullable<ExportSchedule['temporality']>;

/** Options for the metrics of requests. */
export interface HttpMetricsOptions {
  /**
   * Whether to record `http.server.request.body.size` and `http.server.response.body.size`; default false.
   */
  readonly bodySizes?: boolean;
  /**
   * The value of `http.server.request.duration` for a streamed response: `first-byte` records the time to
   * the first byte, so that streams do not distort latency; `whole` records the whole time. Default
   * `first-byte`; `stream.duration` always records the whole time.
   */
  readonly streamDuration?: 'first-byte' | 'whole';
}

/** Selects the official packages that measure the process. */
export interface RuntimeMetricsOptions {
  /**
   * Event loop, heap and garbage collection, by `@opentelemetry/instrumentation-runtime-node`; default
   * true.
   */
  readonly node?: boolean;
  /** CPU, memory and network of the process and machine, by `@opentelemetry/host-metrics`; default true. */
  readonly host?: boolean;
}

/** Options for the metrics of an instance and their readers. */
export interface MetricsOptions extends ExportSchedule {
  /**
   * One or several readers; an empty list for none. Default: the reader of `OTEL_METRICS_EXPORTER`, else an
   * OTLP reader for each OTLP exporter of spans, with its address and headers. Without an OTLP exporter,
   * metrics are off.
   */
  readonly readers?: MetricReaderConfig | readonly MetricReaderConfig[];
  /** Views of the SDK, which rename, filter, rebucket or drop streams; default none. */
  readonly views?: readonly ViewOptions[];
  /** The most series of an instrument; further ones are summed as `otel.metric.overflow`. Default 2,000. */
  readonly cardinalityLimit?: number;
  /** Requests and streams; `false` measures none. */
  readonly http?: false | HttpMetricsOptions;
  /**
   * Whether to count entries by tenant, as `nestjs.tenant.entries`; default false, since the tenant's key
   * becomes a label that every reader of the metrics sees.
   */
  readonly tenants?: boolean;
  /** Metrics of the process; default false, since their packages are optional peers. */
  readonly runtime?: boolean | RuntimeMetricsOptions;
  /** Whether to measure the library's own queue and exporters, as `otel.sdk.*`; default true. */
  readonly self?: boolean;
}

export function isSdkMetricReader(reader: object): reader is SdkMetricReader {
  return typeof (reader as Partial<SdkMetricReader>).setMetricProducer === 'function';
}

export function isPushMetricExporter(reader: object): reader is PushMetricExporter {
  return typeof (reader as Partial<PushMetricExporter>).export === 'function';
}
