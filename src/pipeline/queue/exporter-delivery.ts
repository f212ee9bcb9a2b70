import { exporterName } from '../is-span-exporter.js';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { SpanExporter } from '../../sdk/span-exporter.js';
import type { Delivery, ExportOutcome } from './delivery.js';
import { runAsExport } from '../../context/export-context.js';
import { classifyExporterError } from '../../otlp/failures/exporter-failure.js';
import { timeoutFailure } from '../../otlp/failures/network-failure.js';
import { ask, onRejection } from '../../base/user-function.js';
import type { Part, Segment, SegmentOrigin } from './segment.js';
import { SpanPart, SpanSegment } from './span-segment.js';

const SUCCESS = 0;

/** The type says that `export` returns nothing; an async function may stand in its place. */
interface AnyExporter extends Omit<SpanExporter, 'export'> {
  export(...args: Parameters<SpanExporter['export']>): unknown;
}

/**
 * Sends through an exporter given in code, which may throw, hang, call back twice or never.
 */
export class ExporterDelivery implements Delivery {
  /** The specification: an exporter is never called concurrently. */
  readonly maxConcurrency = 1;
  readonly refusal = 'exporter_error';

  constructor(
    private readonly exporter: AnyExporter,
    readonly name: string = exporterName(exporter),
  ) {}

  readonly newSegment = (origin: SegmentOrigin): Segment => new SpanSegment(origin);

  envelopeBytes(): number {
    return 0;
  }

  send(parts: readonly Part[], timeoutMillis: number): Promise<ExportOutcome> {
    const spans = parts.flatMap((part): readonly ReadableSpan[] =>
      part instanceof SpanPart ? part.items : [],
    );
    return new Promise((resolve) => {
      const failed = (error: unknown): void => resolve({ ok: false, failure: classifyExporterError(error) });
      const timer = setTimeout(() => {
        // It may still arrive, so sending it again could double it.
        const hint = 'Raise `batch.exportTimeoutMillis`, or see why the exporter takes so long.';
        const failure = { ...timeoutFailure(timeoutMillis), hint, retryable: false, blames: 'data' } as const;
        resolve({ ok: false, failure });
      }, timeoutMillis).unref();
      try {
        // Exporters written in JavaScript may call back with nothing.
        const returned = this.exporter.export(
          spans,
          (result?: { readonly code?: unknown; readonly error?: unknown }) => {
            clearTimeout(timer);
            ask(
              () => result,
              (told) => {
                if (told?.code === SUCCESS) resolve({ ok: true, rejectedSpans: 0, message: '' });
                else failed(told?.error);
              },
              failed,
            );
          },
        );
        // An async function in its place rejects where another would throw.
        onRejection(returned, failed);
      } catch (error) {
        clearTimeout(timer);
        failed(error);
      }
    });
  }

  async forceFlush(timeoutMillis: number): Promise<void> {
    await this.guarded(() => this.exporter.forceFlush?.(), timeoutMillis);
  }

  async close(timeoutMillis: number): Promise<void> {
    await this.guarded(() => this.exporter.shutdown(), timeoutMillis);
  }

  private guarded(call: () => Promise<void> | undefined, timeoutMillis: number): Promise<void> {
    return new Promise((resolve) => {
      // A caller waits for this timer, so it keeps the process alive.
      const timer = setTimeout(resolve, timeoutMillis);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      try {
        // The type says Promise; an exporter written in JavaScript may say otherwise.
        void Promise.resolve(runAsExport(call)).then(done, done);
      } catch {
        done();
      }
    });
  }
}
