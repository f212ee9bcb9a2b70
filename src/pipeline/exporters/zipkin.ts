import type { SpanExporter } from '../../sdk/span-exporter.js';
import type { ExporterOfType } from '../../config/exporter-config.js';
import { loadOptionalPeer } from '../../base/optional-peer.js';

const DEFAULT_URL = 'http://localhost:9411/api/v2/spans';

/**
 * Builds the official Zipkin exporter from explicit settings alone, so that `OTEL_EXPORTER_ZIPKIN_ENDPOINT` is not read.
 *
 * The error of a failed export carries the HTTP status as its number `code`, as the OTLP exporters' errors do.
 *
 * **Gotchas** The official exporter has no time limit of its own and takes a redirect (3xx) for success.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_PACKAGE_MISSING` if `@opentelemetry/exporter-zipkin` is not installed
 * @see {@link https://zipkin.io/zipkin-api/#/default/post_spans | Zipkin API v2}
 */
export async function loadZipkinExporter(config: ExporterOfType<'zipkin'>): Promise<SpanExporter> {
  const { ZipkinExporter } = await loadOptionalPeer(
    '@opentelemetry/exporter-zipkin',
    '2.12.0',
    'exporter.type',
    () => import('@opentelemetry/exporter-zipkin'),
    '3.1.0',
  );
  const exporter = new ZipkinExporter({ url: config.url ?? DEFAULT_URL, headers: { ...config.headers } });
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const status = /unexpected status code from zipkin: (\d{3})$/.exec(result.error?.message ?? '')?.[1];
        if (result.error !== undefined && status !== undefined) {
          Object.assign(result.error, { code: Number(status) });
        }
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
