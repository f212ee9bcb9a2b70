import type { Attributes } from '@opentelemetry/api';
import { contentKey } from '../../config/content-key.js';
import { OTLP_HTTP_URL } from '../../config/defaults.js';
import type { OtlpExporterConfig } from '../../config/exporter-config.js';
import type { ResolvedTracerConfig } from '../../config/resolve-config.js';
import { resolveExporter } from '../../config/resolve-exporter.js';
import type { SdkMetricReader } from '../../sdk/metric-reader.js';
import type { PushMetricExporter } from '../../sdk/push-metric-exporter.js';
import type { ViewOptions } from '../../sdk/view-options.js';
import { SpanMask } from '../../pipeline/masking/mask.js';
import { MetricsEnvironment, type NamedReader } from './metrics-environment.js';
import {
  isPushMetricExporter,
  isSdkMetricReader,
  type ExportSchedule,
  type HttpMetricsOptions,
  type MetricReaderConfig,
  type MetricsOptions,
  type OtlpReaderConfig,
  type PrometheusReaderConfig,
  type RuntimeMetricsOptions,
} from './metrics-options.js';

const DEFAULT_INTERVAL_MILLIS = 60_000;
const DEFAULT_TIMEOUT_MILLIS = 30_000;
const DEFAULT_CARDINALITY_LIMIT = 2_000;

/** A reader with all of its options decided. */
export type PlannedReader =
  | (Required<ExportSchedule> & { readonly exporter: PlannedExporter; readonly derived: boolean })
  | { readonly scrape: PrometheusReaderConfig }
  | { readonly reader: SdkMetricReader };

type PlannedExporter = OtlpExporterConfig | { readonly type: 'console' } | PushMetricExporter;

/** The plan that a generation of meters is built from. Equal plans have equal keys. */
export interface MetricsPlan {
  readonly key: string;
  readonly readers: readonly PlannedReader[];
  readonly resourceAttributes: Attributes;
  readonly views: readonly ViewOptions[];
  readonly cardinalityLimit: number;
  readonly http: Required<HttpMetricsOptions> | undefined;
  readonly runtime: false | RuntimeMetricsOptions;
  readonly self: boolean;
}

/** The live configuration of spans, which metrics follow. */
export interface PlanSource {
  readonly config: ResolvedTracerConfig;
  /** Whether code named an exporter of spans; the environment's exporter is then ignored. */
  readonly exporterGiven: boolean;
}

/** Further inputs of a plan. */
export interface PlanContext {
  readonly env: NodeJS.ProcessEnv;
  readonly warn: (message: string) => void;
  /** The addresses of receivers that refused metrics. */
  readonly refused: ReadonlySet<string>;
  /** Whether a scrape page is served, which needs a reader. */
  readonly scraped: boolean;
}

/**
 * Decides what is measured, and where it is exported.
 *
 * @returns nothing if metrics are off: without a reader, or while telemetry is off
 * @throws TelemetryConfigError for invalid variables
 */
export function planMetrics(
  options: MetricsOptions | false,
  source: PlanSource,
  context: PlanContext,
): MetricsPlan | undefined {
  if (options === false || !source.config.enabled) return undefined;
  const environment = new MetricsEnvironment(context.env, context.warn);
  const schedule = scheduleOf(environment.schedule(), options);
  const configured = configuredReaders(options, source, environment);
  const readers = configured
    .map(({ reader, derived }) => planReader(reader, derived, schedule, context))
    .filter((reader) => !isRefused(reader, context.refused));
  if (context.scraped && !readers.some((reader) => 'scrape' in reader)) {
    readers.push({ scrape: { type: 'prometheus' } });
  }
  if (readers.length === 0) return undefined;
  const { views = [], cardinalityLimit = DEFAULT_CARDINALITY_LIMIT, http = {} } = options;
  const { runtime = false, self = true } = options;
  const { resourceAttributes, masking } = source.config;
  const parts = {
    readers,
    resourceAttributes: new SpanMask(masking).masked(resourceAttributes),
    views,
    cardinalityLimit,
    runtime: runtime === true ? {} : runtime,
    self,
    http:
      http === false
        ? undefined
        : { bodySizes: http.bodySizes ?? false, streamDuration: http.streamDuration ?? 'first-byte' },
  };
  return { key: contentKey(parts), ...parts };
}

interface ConfiguredReader {
  readonly reader: MetricReaderConfig;
  /** Whether the receiver was taken from an exporter of spans; it may not accept metrics. */
  readonly derived: boolean;
}

function configuredReaders(
  { readers }: MetricsOptions,
  source: PlanSource,
  environment: MetricsEnvironment,
): readonly ConfiguredReader[] {
  if (readers !== undefined) {
    const list = Array.isArray(readers)
      ? (readers as readonly MetricReaderConfig[])
      : [readers as MetricReaderConfig];
    return list.map((reader) => ({ reader, derived: false }));
  }
  const named = environment.readers();
  if (named !== undefined) return named.flatMap((name) => namedReader(name, source, environment));
  if (environment.hasOwnAddress) return [{ reader: environment.otlp(), derived: false }];
  return besideSpans(source, environment);
}

function isRefused(reader: PlannedReader, refused: ReadonlySet<string>): boolean {
  if (!('exporter' in reader) || !reader.derived) return false;
  return 'url' in reader.exporter && refused.has(reader.exporter.url);
}

function namedReader(
  name: NamedReader,
  source: PlanSource,
  environment: MetricsEnvironment,
): readonly ConfiguredReader[] {
  if (name === 'console') return [{ reader: { type: 'console' }, derived: false }];
  if (name === 'prometheus') return [{ reader: environment.prometheus(), derived: false }];
  const beside = environment.namesReceiver ? [] : besideSpans(source, environment);
  return beside.length > 0 ? beside : [{ reader: environment.otlp(), derived: false }];
}

/** Returns the metrics reader for an exporter of spans, whose receiver usually accepts metrics, too. */
function besideSpans(
  { config, exporterGiven }: PlanSource,
  environment: MetricsEnvironment,
): readonly ConfiguredReader[] {
  const exporters = config.exporters.filter(
    (exporter): exporter is OtlpExporterConfig =>
      !('export' in exporter) && exporter.type.startsWith('otlp-'),
  );
  if (exporters.length === 1 && !exporterGiven && environment.namesReceiver) {
    return [{ reader: environment.otlp(), derived: true }];
  }
  return exporters.flatMap((exporter) => {
    const url = exporter.type === 'otlp-grpc' ? exporter.url : metricsAddress(exporter.url);
    return url === undefined ? [] : [{ reader: { ...exporter, url }, derived: true }];
  });
}

/**
 * Returns the address for metrics that belongs to an address for traces.
 *
 * @returns nothing if the path is not that of an OTLP receiver, so that the metrics' path is unknown
 */
function metricsAddress(url: string | undefined): string | undefined {
  return url?.endsWith('/v1/traces') === true ? url.replace(/traces$/, 'metrics') : undefined;
}

function planReader(
  reader: MetricReaderConfig,
  derived: boolean,
  common: Required<ExportSchedule>,
  { warn }: PlanContext,
): PlannedReader {
  if (isSdkMetricReader(reader)) return { reader };
  if (isPushMetricExporter(reader)) return { exporter: reader, derived, ...common };
  switch (reader.type) {
    case 'prometheus':
      return { scrape: reader };
    case 'custom':
      return { exporter: reader.exporter, derived, ...scheduleOf(common, reader) };
    case 'console':
      return { exporter: { type: 'console' }, derived, ...scheduleOf(common, reader) };
    default:
      return { exporter: otlpExporter(reader, warn), derived, ...scheduleOf(common, reader) };
  }
}

function otlpExporter(reader: OtlpReaderConfig, warn: (message: string) => void): OtlpExporterConfig {
  const {
    exportIntervalMillis: _interval,
    exportTimeoutMillis: _timeout,
    temporality: _temporality,
    ...rest
  } = reader;
  const url = rest.type === 'otlp-grpc' ? rest.url : httpAddress(rest.url);
  return resolveExporter({ ...rest, ...(url === undefined ? {} : { url }) }, warn) as OtlpExporterConfig;
}

function httpAddress(url: string = OTLP_HTTP_URL): string {
  return /^https?:\/\/[^/?#]+$/i.test(url) ? `${url}/v1/metrics` : url;
}

function scheduleOf(common: ExportSchedule, own: ExportSchedule): Required<ExportSchedule> {
  const exportIntervalMillis =
    own.exportIntervalMillis ?? common.exportIntervalMillis ?? DEFAULT_INTERVAL_MILLIS;
  const timeout = own.exportTimeoutMillis ?? common.exportTimeoutMillis ?? DEFAULT_TIMEOUT_MILLIS;
  return {
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(timeout, exportIntervalMillis),
    temporality: own.temporality ?? common.temporality ?? 'cumulative',
  };
}
