import type { ExporterOfType } from '../../config/exporter-config.js';
import { loadOptionalPeer } from '../../base/optional-peer.js';
import { ZIPKIN } from '../../otlp/failures/destination.js';
import { HttpTransport } from '../../otlp/http-transport.js';
import type { SpanExporter } from '../../sdk/span-exporter.js';
import type { Delivery } from '../queue/delivery.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';
import { SpanPart, SpanSegment } from '../queue/span-segment.js';
import type { Part, Segment, SegmentOrigin } from '../queue/segment.js';
import { zipkinSpan } from './zipkin-span.js';

const DEFAULT_ADDRESS = 'http://localhost:9411';

/** Sends a list of spans in Zipkin's form, as the official exporter calls it. */
type ZipkinSend = (spans: readonly object[], done: (result: { readonly code: number }) => void) => void;

/**
 * Sends to Zipkin. The official exporter converts the spans, and the transport for OTLP sends them: it has
 * a time limit, reuses connections and reports the receiver's message.
 *
 * @see {@link https://zipkin.io/zipkin-api/#/default/post_spans | Zipkin API v2}
 */
export class ZipkinDelivery implements Delivery {
  readonly name = 'zipkin';
  readonly maxConcurrency = 1;
  readonly refusal = 'rejected';
  readonly target: string;
  private readonly transport: HttpTransport;
  private outcome: ExportOutcome | undefined;
  private timeoutMillis = Infinity;

  private constructor(
    private readonly translator: SpanExporter,
    { url = DEFAULT_ADDRESS, headers }: ExporterOfType<'zipkin'>,
  ) {
    const address = /^https?:\/\/[^/?#]+\/?$/i.test(url) ? `${url.replace(/\/$/, '')}${ZIPKIN.path}` : url;
    const config = { type: 'otlp-http-json', url: address, ...(headers && { headers }) } as const;
    this.transport = new HttpTransport(config, 'traces', ZIPKIN);
    this.target = this.transport.target;
    const send: ZipkinSend = (spans, done) => {
      void this.transport
        .sendRequest(Buffer.from(JSON.stringify(spans)), this.timeoutMillis)
        .then((result) => {
          this.outcome = result;
          done({ code: 0 });
        });
    };
    // The exporter's own sender has no time limit, ignores Zipkin's message and takes a redirect for
    // success.
    Reflect.set(translator, '_send', send);
  }

  /**
   * Loads the Zipkin exporter.
   *
   * @throws {@link TelemetryConfigError} `TELEMETRY_PACKAGE_MISSING` if
   *   `@opentelemetry/exporter-zipkin` is not installed
   */
  static async open(config: ExporterOfType<'zipkin'>): Promise<ZipkinDelivery> {
    const { ZipkinExporter } = await loadOptionalPeer(
      { name: '@opentelemetry/exporter-zipkin', version: '2.12.0', path: 'exporter.type' },
      () => import('@opentelemetry/exporter-zipkin'),
    );
    // With an explicit address the exporter does not read `OTEL_EXPORTER_ZIPKIN_ENDPOINT`.
    return new ZipkinDelivery(new ZipkinExporter({ url: DEFAULT_ADDRESS }), config);
  }

  readonly newSegment = (origin: SegmentOrigin): Segment => new SpanSegment(origin);

  envelopeBytes(): number {
    return 0;
  }

  sendParts(parts: readonly Part[], timeoutMillis: number): Promise<ExportOutcome> {
    const spans = parts.flatMap((part) => (part instanceof SpanPart ? part.items.map(zipkinSpan) : []));
    this.outcome = undefined;
    this.timeoutMillis = timeoutMillis;
    return new Promise((resolve) => {
      this.translator.export(spans, () => {
        resolve(this.outcome ?? { ok: true, rejected: 0, message: '' });
      });
    });
  }

  async forceFlush(): Promise<void> {
    // A transport holds nothing back.
  }

  close(): Promise<void> {
    this.transport.close();
    return Promise.resolve();
  }
}
