import { OTLP_GRPC_URL, OTLP_HTTP_URL, OTLP_TIMEOUT_MILLIS } from './defaults.js';
import type { SpanExporter } from '../sdk/span-exporter.js';
import type { ExporterConfig, OtlpExporterConfig, TlsConfig } from './exporter-config.js';
import { reveal, revealHeaders, Secret } from './secret.js';
import type { ExporterOption } from './tracer-config.js';

/**
 * Completes an exporter's configuration with defaults, the whole address, and credentials in clear.
 *
 * @returns the exporter itself if the user built it
 */
export function resolveExporter(
  exporter: ExporterOption,
  warn: (message: string) => void,
): ExporterConfig | SpanExporter {
  if ('export' in exporter) return exporter;
  switch (exporter.type) {
    case 'otlp-grpc':
    case 'otlp-http':
    case 'otlp-http-json': {
      const { url, headers, tls, ...rest } = exporter;
      return defined<OtlpExporterConfig>({
        timeoutMillis: OTLP_TIMEOUT_MILLIS,
        compression: 'none',
        ...rest,
        url: exporter.type === 'otlp-grpc' ? grpcUrl(url, warn) : httpUrl(url, warn),
        headers: headers && revealHeaders(headers),
        tls: tls && revealTls(tls),
      });
    }
    case 'jaeger': {
      const { url, host = 'localhost', headers, ...rest } = exporter;
      return defined<ExporterConfig>({
        timeoutMillis: OTLP_TIMEOUT_MILLIS,
        ...rest,
        host,
        url: grpcUrl(url ?? `http://${host.includes(':') ? `[${host}]` : host}:4317`, warn),
        headers: headers && revealHeaders(headers),
      });
    }
    case 'zipkin': {
      const { headers, ...rest } = exporter;
      return defined<ExporterConfig>({ ...rest, headers: headers && revealHeaders(headers) });
    }
    default:
      return defined<ExporterConfig>(exporter);
  }
}

/**
 * Removes the path of a gRPC address, with a warning. gRPC has no paths, but some backends publish one
 * address for both protocols.
 */
function grpcUrl(url: string = OTLP_GRPC_URL, warn: (message: string) => void): string {
  const address = new URL(url);
  if (address.pathname === '/') return url;
  warn(`gRPC has no paths: \`${address.pathname}\` of an exporter's url is ignored.`);
  address.pathname = '';
  return address.href.replace(/\/$/, '');
}

function httpUrl(url: string = OTLP_HTTP_URL, warn: (message: string) => void): string {
  if (/^https?:\/\/[^/?#]+$/i.test(url)) return `${url}/v1/traces`;
  if (new URL(url).pathname === '/') {
    warn(
      "An exporter's url ends in `/`, so spans are sent to the root path; OTLP receivers listen at " +
        '`/v1/traces`.',
    );
  }
  return url;
}

function revealTls({ key, ...rest }: TlsConfig<string | Secret>): TlsConfig {
  return key === undefined ? rest : { ...rest, key: key instanceof Secret ? reveal(key) : key };
}

/**
 * Removes options that are `undefined`, because types and content keys distinguish them from absent ones.
 */
function defined<T extends object>(options: { [K in keyof T]?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
