import { MetricReader, type AggregationOption } from '@opentelemetry/sdk-metrics';
import { runAsExport, runWithinTime } from '../../context/export-context.js';
import type { DirectHistogramProducer } from '../instruments/direct-histogram-producer.js';
import { TelemetryConfigError } from '../../errors.js';
import type { CollectionResult, MetricProducer, SdkMetricReader } from '../../sdk/metric-reader.js';
import { resourceFromAttributes } from '../../sdk/resource.js';

const FLUSH_LIMIT_MILLIS = 30_000;

/** The source of a reader, which accepts one source in its life; configurations change behind it. */
class ReaderSource implements MetricProducer {
  private readonly attached: LentReader[] = [];
  private flushing: LentReader | undefined;
  private lastFlush = Promise.resolve();

  constructor(private owner: object) {}

  /** Reserves the reader for an owner. @returns whether the reader is free for this owner */
  takeOver(owner: object): boolean {
    if (this.owner !== owner && this.attached.length > 0) return false;
    this.owner = owner;
    return true;
  }

  attach(lent: LentReader): void {
    this.attached.push(lent);
  }

  detach(lent: LentReader): void {
    this.attached.splice(this.attached.indexOf(lent), 1);
  }

  /**
   * Reads one configuration. Reads run one after the other, since the reader can only have one at a time.
   * Never rejects.
   */
  flush(lent: LentReader, read: () => Promise<void>): Promise<void> {
    this.lastFlush = this.lastFlush.then(async () => {
      this.flushing = lent;
      await read();
      this.flushing = undefined;
    });
    return this.lastFlush;
  }

  collect(options?: { timeoutMillis?: number }): Promise<CollectionResult> {
    const lent = this.flushing ?? this.attached.at(-1);
    if (lent !== undefined) return lent.collect(options);
    const resourceMetrics = { resource: resourceFromAttributes({}), scopeMetrics: [] };
    return Promise.resolve({ resourceMetrics, errors: [] });
  }
}

const sources = new WeakMap<SdkMetricReader, ReaderSource>();

/** Lends one configuration's metrics to a reader that the user built, with any copy of the SDK. */
export class LentReader extends MetricReader {
  private constructor(
    private readonly reader: SdkMetricReader,
    private readonly source: ReaderSource,
    /** Whether another configuration still uses the reader; called at the close. */
    private readonly isNeeded: () => boolean,
    cardinalityLimit: number,
    producers: DirectHistogramProducer[],
  ) {
    super({
      aggregationSelector: (type) => reader.selectAggregation(type) as object as AggregationOption,
      aggregationTemporalitySelector: (type) => reader.selectAggregationTemporality(type),
      cardinalitySelector: () => cardinalityLimit,
      metricProducers: producers,
    });
  }

  /**
   * Borrows a reader that the app created.
   *
   * @throws TelemetryConfigError `TELEMETRY_EXPORTER_UNBUILDABLE` if another instance or provider uses the
   *   reader
   */
  static open(
    reader: SdkMetricReader,
    owner: object,
    isNeeded: () => boolean,
    cardinalityLimit: number,
    producers: DirectHistogramProducer[],
  ): LentReader {
    const source = sourceOf(reader, owner);
    return new LentReader(reader, source, isNeeded, cardinalityLimit, producers);
  }

  /** Reads once more, and shuts the reader down if nothing uses it any more. Never rejects. */
  async close(timeoutMillis: number): Promise<void> {
    await this.flush(timeoutMillis);
    this.source.detach(this);
    if (!this.isNeeded())
      await runWithinTime(() => this.reader.shutdown({ timeoutMillis }), timeoutMillis, true);
  }

  /** Closes a reader that was never used. */
  closeUnused(): Promise<void> {
    return Promise.resolve();
  }

  protected override onInitialized(): void {
    this.source.attach(this);
  }

  protected onForceFlush(): Promise<void> {
    return this.flush(FLUSH_LIMIT_MILLIS);
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  private flush(timeoutMillis: number): Promise<void> {
    return this.source.flush(this, () =>
      runWithinTime(() => this.reader.forceFlush({ timeoutMillis }), timeoutMillis, true),
    );
  }
}

function sourceOf(reader: SdkMetricReader, owner: object): ReaderSource {
  const known = sources.get(reader);
  if (known?.takeOver(owner) === true) return known;
  try {
    if (known !== undefined) throw new Error('The reader reads for another instance.');
    const source = new ReaderSource(owner);
    runAsExport(() => {
      reader.setMetricProducer(source);
    });
    sources.set(reader, source);
    return source;
  } catch (cause) {
    throw new TelemetryConfigError({
      code: 'TELEMETRY_EXPORTER_UNBUILDABLE',
      path: 'metrics.readers',
      expected: 'a MetricReader that reads for nobody else',
      got: reader,
      remedy: 'Build a reader for each instance, and hand it over to no MeterProvider.',
      cause,
    });
  }
}
