import { zipkinSpan } from '../exporters/zipkin-span.js';
import { exporterName } from '../is-span-exporter.js';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { SpanExporter } from '../../sdk/span-exporter.js';
import type { Delivery } from './delivery.js';
import { runWithinTime } from '../../context/export-context.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';
import { exportThrough } from '../../otlp/given-exporter.js';
import type { Part, Segment, SegmentOrigin } from './segment.js';
import { SpanPart, SpanSegment } from './span-segment.js';

const TOO_SLOW = 'Raise `batch.exportTimeoutMillis`, or see why the exporter takes so long.';

/** Sends through an exporter given in code. */
export class ExporterDelivery implements Delivery {
  /** The specification forbids concurrent calls of an exporter. */
  readonly maxConcurrency = 1;
  readonly refusal = 'exporter_error';
  private readonly isForZipkin: boolean;

  constructor(
    private readonly exporter: SpanExporter,
    readonly name: string = exporterName(exporter),
  ) {
    this.isForZipkin = exporterName(exporter) === 'ZipkinExporter';
  }

  readonly newSegment = (origin: SegmentOrigin): Segment => new SpanSegment(origin);

  envelopeBytes(): number {
    return 0;
  }

  sendParts(parts: readonly Part[], timeoutMillis: number): Promise<ExportOutcome> {
    const spans = parts.flatMap((part): readonly ReadableSpan[] =>
      part instanceof SpanPart ? part.items : [],
    );
    // The official exporter would write objects as "[object Object]", and fractions of microseconds.
    const given = this.isForZipkin ? spans.map(zipkinSpan) : spans;
    return exportThrough((done) => this.exporter.export(given, done), timeoutMillis, TOO_SLOW);
  }

  // Callers wait for both, so both keep the process alive.

  forceFlush(timeoutMillis: number): Promise<void> {
    return runWithinTime(() => this.exporter.forceFlush?.(), timeoutMillis, true);
  }

  close(timeoutMillis: number): Promise<void> {
    return runWithinTime(() => this.exporter.shutdown(), timeoutMillis, true);
  }
}
