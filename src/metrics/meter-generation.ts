import type { Meter } from '@opentelemetry/api';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  type ViewOptions as SdkViewOptions,
} from '@opentelemetry/sdk-metrics';
import type { ExportFailure } from '../otlp/failures/export-failure.js';
import type { RateLimitedLog } from '../base/rate-limited-log.js';
import { LIBRARY_SCOPE } from '../base/version.js';
import { resourceFromAttributes } from '../sdk/resource.js';
import type { PushMetricExporter } from '../sdk/push-metric-exporter.js';
import type { ViewOptions } from '../sdk/view-options.js';
import { ConsoleSender } from './readers/console-sender.js';
import { DirectHistogramProducer } from './instruments/direct-histogram-producer.js';
import type { InstrumentDefinition, InstrumentKind } from './instruments/instrument-definition.js';
import type { MeterBinding } from './instruments/instance-meter.js';
import { CustomSender, type MetricSender } from './readers/metric-sender.js';
import { isPushMetricExporter } from './options/metrics-options.js';
import type { MetricsPlan, PlannedReader } from './options/metrics-plan.js';
import { OtlpSender } from './readers/otlp-sender.js';
import { LentReader } from './readers/lent-reader.js';
import type { MetricReaderStatus } from './readers/metrics-status.js';
import { PushReader } from './readers/push-reader.js';
import {
  concernsRequests,
  DirectRequestInstruments,
  REQUEST_DURATION_TARGET,
  SdkRequestInstruments,
} from './requests/request-instruments.js';
import { RequestSeriesIndex } from './requests/request-series.js';
import { ScrapeReader } from './readers/scrape-reader.js';
import { SeriesLimiter } from './instruments/series-limiter.js';
import { temporalityFor } from './readers/temporality.js';
import { appliesTo, type ViewTarget } from './instruments/view-match.js';

/** Options of a generation, apart from its plan. */
export interface MeterGenerationContext {
  readonly instance: string;
  readonly log: RateLimitedLog;
  /** Called when a receiver of spans accepts no metrics. */
  readonly onRefused: (target: string, failure: ExportFailure) => void;
  /** Whether exports of spans fail with the same error. */
  readonly isToldBySpans: (failure: ExportFailure) => boolean;
  /** The meter pipeline, which owns the use of a given reader. */
  readonly owner: object;
  /** Whether the live configuration uses an exporter or reader that was given in code. */
  readonly isNeeded: (given: object) => boolean;
}

const TYPES: Readonly<Record<InstrumentKind, InstrumentType>> = {
  counter: InstrumentType.COUNTER,
  upDownCounter: InstrumentType.UP_DOWN_COUNTER,
  histogram: InstrumentType.HISTOGRAM,
  gauge: InstrumentType.GAUGE,
  observableCounter: InstrumentType.OBSERVABLE_COUNTER,
  observableUpDownCounter: InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
  observableGauge: InstrumentType.OBSERVABLE_GAUGE,
};

const DEFAULT_AGGREGATION: number = AggregationType.DEFAULT;

type OpenReader = PushReader | ScrapeReader | LentReader;

/**
 * One complete configuration of an instance's meters: provider, views, readers. Its series begin at zero.
 */
export class MeterGeneration implements MeterBinding {
  /** The instruments for requests; absent with `http: false`. */
  readonly requests: RequestSeriesIndex | undefined;
  private readonly provider: MeterProvider;
  // A private field: the plan holds credentials, which `inspect` would show.
  readonly #plan: MetricsPlan;

  private constructor(
    plan: MetricsPlan,
    private readonly readers: readonly OpenReader[],
    direct: DirectRequestInstruments | undefined,
  ) {
    this.#plan = plan;
    this.provider = new MeterProvider({
      resource: resourceFromAttributes(plan.resourceAttributes),
      views: plan.views as readonly object[] as SdkViewOptions[],
      readers: [...readers],
    });
    const { name, version } = LIBRARY_SCOPE;
    this.requests =
      plan.http &&
      new RequestSeriesIndex(
        direct ?? new SdkRequestInstruments(this.meter(name, version)),
        plan.http,
        limitOf(plan, viewsOf(plan, REQUEST_DURATION_TARGET)),
      );
  }

  get plan(): MetricsPlan {
    return this.#plan;
  }

  /**
   * Opens the readers, then builds the generation.
   *
   * @throws TelemetryConfigError if a reader cannot be built
   */
  static async build(plan: MetricsPlan, context: MeterGenerationContext): Promise<MeterGeneration> {
    const simple = !plan.views.some(concernsRequests) && plan.readers.every(takesHistogramsAsTheyAre);
    const direct = simple ? new DirectRequestInstruments() : undefined;
    const readers: OpenReader[] = [];
    try {
      for (const planned of plan.readers) readers.push(await openReader(planned, plan, context, direct));
    } catch (error) {
      await Promise.all(readers.map((reader) => reader.closeUnused()));
      throw error;
    }
    return new MeterGeneration(plan, readers, direct);
  }

  meter(name: string, version: string | undefined): Meter {
    return this.provider.getMeter(name, version);
  }

  /**
   * Creates a limiter for an instrument. Delta series need none: they are reset at each export, where the
   * SDK's own limit applies.
   */
  limiter({ kind, name, options }: InstrumentDefinition, meter: string): SeriesLimiter | undefined {
    const type = TYPES[kind];
    const accumulates = this.readers.some(
      (reader) => reader.selectAggregationTemporality(type) === AggregationTemporality.CUMULATIVE,
    );
    if (!accumulates) return undefined;
    const views = viewsOf(this.#plan, { meter, name, unit: options.unit, type });
    // A view may remove attributes, so that there are fewer series than it seems.
    if (views.some(({ attributesProcessors }) => attributesProcessors !== undefined)) return undefined;
    return new SeriesLimiter(limitOf(this.#plan, views));
  }

  /**
   * Returns the page for Prometheus: that of the reader at an address, else of the first one; `undefined`
   * without a reader.
   */
  async scrape(address?: { readonly server: string; readonly path: string }): Promise<string | undefined> {
    return this.readers
      .filter((reader) => reader instanceof ScrapeReader)
      .find((reader) => address === undefined || reader.isAt(address.server, address.path))
      ?.page();
  }

  status(): MetricReaderStatus[] {
    return this.readers.flatMap((reader) => (reader instanceof PushReader ? [reader.status()] : []));
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.forceFlush().catch(() => undefined)));
  }

  /** Exports the pending measurements, and closes. Never rejects. */
  async close(timeoutMillis: number): Promise<void> {
    await Promise.all(
      this.readers.map((reader) =>
        reader instanceof ScrapeReader ? reader.shutdown() : reader.close(timeoutMillis),
      ),
    );
  }
}

function viewsOf({ views }: MetricsPlan, target: ViewTarget): ViewOptions[] {
  return views.filter((view) => appliesTo(view, target));
}

/** Returns the most series of an instrument; each of its views may set another limit. */
function limitOf({ cardinalityLimit }: MetricsPlan, views: readonly ViewOptions[]): number {
  if (views.length === 0) return cardinalityLimit;
  return Math.max(
    ...views.map(({ aggregationCardinalityLimit }) => aggregationCardinalityLimit ?? cardinalityLimit),
  );
}

async function openReader(
  planned: PlannedReader,
  { cardinalityLimit }: MetricsPlan,
  context: MeterGenerationContext,
  direct: DirectRequestInstruments | undefined,
): Promise<OpenReader> {
  const producers = (temporality: number): DirectHistogramProducer[] =>
    direct === undefined ? [] : [new DirectHistogramProducer(direct.histograms, temporality)];
  const { instance, log } = context;
  if ('scrape' in planned) {
    const always = producers(AggregationTemporality.CUMULATIVE);
    return ScrapeReader.open(planned.scrape, log, cardinalityLimit, always);
  }
  if ('reader' in planned) {
    const { reader } = planned;
    const temporality = reader.selectAggregationTemporality(InstrumentType.HISTOGRAM);
    const needed = (): boolean => context.isNeeded(reader);
    return LentReader.open(reader, context.owner, needed, cardinalityLimit, producers(temporality));
  }
  const { exporter, derived, ...schedule } = planned;
  const sender = await openSender(exporter, context);
  const temporality =
    sender.custom?.selectAggregationTemporality?.(InstrumentType.HISTOGRAM) ??
    temporalityFor(schedule.temporality, InstrumentType.HISTOGRAM);
  return new PushReader({
    ...{ sender, schedule, cardinalityLimit, log, instance },
    isToldBySpans: (failure) => derived && context.isToldBySpans(failure),
    producers: producers(temporality),
    onRefused: (failure) => {
      if (derived && 'url' in exporter) context.onRefused(exporter.url, failure);
      else
        log.warn(
          `metrics refused ${sender.name}`,
          `${instance}: ${sender.name}: ${failure.reason} (${failure.code}).`,
        );
    },
  });
}

async function openSender(
  exporter: Extract<PlannedReader, { exporter: unknown }>['exporter'],
  context: MeterGenerationContext,
): Promise<MetricSender> {
  if (isPushMetricExporter(exporter)) return new CustomSender(exporter, () => context.isNeeded(exporter));
  return exporter.type === 'console' ? new ConsoleSender() : OtlpSender.open(exporter);
}

function takesHistogramsAsTheyAre(planned: PlannedReader): boolean {
  const given: Pick<PushMetricExporter, 'selectAggregation'> =
    'reader' in planned ? planned.reader : 'exporter' in planned ? (planned.exporter as object) : {};
  return (
    (given.selectAggregation?.(InstrumentType.HISTOGRAM).type ?? DEFAULT_AGGREGATION) === DEFAULT_AGGREGATION
  );
}
