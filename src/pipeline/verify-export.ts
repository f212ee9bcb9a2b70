import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { resourceFromAttributes } from '../sdk/resource.js';
import type { ReadableSpan } from '../sdk/readable-span.js';
import type { SpanExporter } from '../sdk/span-exporter.js';
import type { ExporterConfig, OtlpExporterConfig } from '../config/exporter-config.js';
import { arizeHeaders } from '../config/presets/arize.js';
import type { ResolvedTracerConfig } from '../config/resolve-config.js';
import { revealHeaders } from '../config/secret.js';
import { TelemetryError } from '../errors.js';
import { LIBRARY_SCOPE } from '../base/version.js';
import { exporterName, isSpanExporter } from './is-span-exporter.js';
import { SpanMask } from './masking/mask.js';
import { openDelivery } from './open-sink.js';

const CLOSE_MILLIS = 500;

/**
 * The result of sending a marked span to the receivers. With several exporters it is that of the first
 * failed one, else of the first one.
 */
export interface VerifyExportResult {
  /** Whether the receiver accepted the span. */
  readonly ok: boolean;
  /** The exporter's type, such as `otlp-grpc`, or the class name of an exporter given in code. */
  readonly protocol: string;
  /** The receiver's address, without credentials; absent for local exporters. */
  readonly target?: string;
  /** The time from the first byte to the response, connecting included, in milliseconds. */
  readonly latencyMillis: number;
  /** The failure's code: a gRPC status name, `HTTP 401`, or a Node error code such as `ECONNREFUSED`. */
  readonly code?: string;
  /** The cause of the failure. */
  readonly reason?: string;
  /** The remedy for the failure. */
  readonly hint?: string;
  /** Which header styles an endpoint of Arize accepts; only for Arize. */
  readonly headerStyles?: { readonly current: boolean; readonly legacy: boolean };
  /** The result for each exporter. */
  readonly exporters: readonly Omit<VerifyExportResult, 'exporters'>[];
}

type ExporterVerdict = VerifyExportResult['exporters'][number];

/** Sends one marked span to each exporter of a configuration, over new connections. Never rejects. */
export async function verifyExporters(config: ResolvedTracerConfig): Promise<VerifyExportResult> {
  const exporters = await Promise.all(config.exporters.map((exporter) => verify(exporter, config)));
  const verdict = exporters.find(({ ok }) => !ok) ?? exporters[0] ?? nothingExported('none');
  return { ...verdict, exporters };
}

async function verify(
  exporter: ExporterConfig | SpanExporter,
  config: ResolvedTracerConfig,
): Promise<ExporterVerdict> {
  const verdict = await sendMarkedSpan(exporter, config);
  const arize = isSpanExporter(exporter) ? undefined : arizeCredentials(exporter);
  return arize === undefined ? verdict : withHeaderStyles(verdict, arize, config);
}

async function sendMarkedSpan(
  exporter: ExporterConfig | SpanExporter,
  config: ResolvedTracerConfig,
): Promise<ExporterVerdict> {
  const protocol = isSpanExporter(exporter) ? exporterName(exporter) : exporter.type;
  const start = performance.now();
  try {
    const delivery = await openDelivery(exporter);
    if (delivery === undefined) {
      return protocol === 'none' ? nothingExported(protocol) : { ok: true, protocol, latencyMillis: 0 };
    }
    const span = markedSpan(config);
    const segment = delivery.newSegment({
      resource: span.resource,
      scope: span.instrumentationScope,
      epoch: 0,
    });
    segment.append(span);
    const part = segment.cut(1, Infinity);
    const outcome = await delivery.sendParts(
      part === undefined ? [] : [part],
      config.batch.exportTimeoutMillis,
    );
    const latencyMillis = performance.now() - start;
    // An exporter given in code is in use, so only connections opened here are closed.
    if (!isSpanExporter(exporter)) await delivery.close(CLOSE_MILLIS);
    const about = {
      protocol,
      ...(delivery.target === undefined ? {} : { target: delivery.target }),
      latencyMillis,
    };
    if (!outcome.ok) {
      const { code, reason, hint } = outcome.failure;
      return { ok: false, ...about, code, reason, ...(hint === undefined ? {} : { hint }) };
    }
    if (outcome.rejected > 0) {
      return {
        ok: false,
        ...about,
        code: 'PARTIAL_SUCCESS',
        reason: `the receiver refused the span: ${outcome.message}`,
      };
    }
    return { ok: true, ...about };
  } catch (error) {
    const latencyMillis = performance.now() - start;
    const reason = error instanceof TelemetryError ? error.message : 'the exporter could not be built';
    const code = error instanceof TelemetryError ? error.code : 'TELEMETRY_EXPORTER_UNBUILDABLE';
    return { ok: false, protocol, latencyMillis, code, reason };
  }
}

function nothingExported(protocol: string): ExporterVerdict {
  return {
    ok: false,
    protocol,
    latencyMillis: 0,
    code: 'NO_EXPORTER',
    reason: 'no exporter is configured, so spans go nowhere',
    hint: 'Pass `exporter`, or set OTEL_EXPORTER_OTLP_ENDPOINT.',
  };
}

interface ArizeCredentials {
  readonly exporter: OtlpExporterConfig;
  readonly spaceId: string;
  readonly apiKey: string;
}

function arizeCredentials(exporter: ExporterConfig): ArizeCredentials | undefined {
  if (exporter.type !== 'otlp-grpc' && exporter.type !== 'otlp-http') return undefined;
  const headers = new Map(
    Object.entries(revealHeaders(exporter.headers ?? {})).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const spaceId = headers.get('arize-space-id') ?? headers.get('space_id');
  const apiKey = headers.get('authorization') ?? headers.get('api_key');
  return spaceId === undefined || apiKey === undefined ? undefined : { exporter: exporter, spaceId, apiKey };
}

/** Tests each of Arize's two header styles alone, since some endpoints accept only one. */
async function withHeaderStyles(
  verdict: ExporterVerdict,
  { exporter, spaceId, apiKey }: ArizeCredentials,
  config: ResolvedTracerConfig,
): Promise<ExporterVerdict> {
  const attempt = async (style: 'current' | 'legacy'): Promise<boolean> => {
    const headers = revealHeaders(arizeHeaders(spaceId, apiKey, style));
    return (await sendMarkedSpan({ ...exporter, headers }, config)).ok;
  };
  const [current, legacy] = await Promise.all([attempt('current'), attempt('legacy')]);
  const headerStyles = { current, legacy };
  if (current && legacy) return { ...verdict, headerStyles };
  if (!current && !legacy) {
    const hint =
      'Neither header style is accepted: check the space id, the API key, the region, and that no ' +
      'quotes or spaces came along.';
    const refused = verdict.code === 'UNAUTHENTICATED' || verdict.code === 'PERMISSION_DENIED';
    return { ...verdict, headerStyles, ...(refused ? { hint } : {}) };
  }
  const style = current ? 'current' : 'legacy';
  return {
    ...verdict,
    headerStyles,
    hint: `Use \`headerStyle: '${style}'\` in the arize preset: the endpoint accepts it and not the other.`,
  };
}

function markedSpan(config: ResolvedTracerConfig): ReadableSpan {
  // Like an app's span, this one has times with fractions of a microsecond, and an event.
  const now = Date.now();
  const [seconds, nanos] = [Math.trunc(now / 1000), (now % 1000) * 1e6];
  const startTime: [number, number] = [seconds, nanos + 123_456];
  const endTime: [number, number] = [seconds, nanos + 654_321];
  const spanContext = {
    traceId: crypto.randomUUID().replaceAll('-', ''),
    spanId: crypto.randomUUID().replaceAll('-', '').slice(0, 16),
    traceFlags: 1,
  };
  return {
    name: 'nestjs-telemetry verify export',
    kind: SpanKind.INTERNAL,
    spanContext: () => spanContext,
    startTime,
    endTime,
    duration: [0, endTime[1] - startTime[1]],
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    attributes: { 'nestjs_telemetry.verify': true, 'code.function.name': 'TracerManager.verifyExport' },
    links: [],
    events: [{ name: 'verify', time: endTime, attributes: {} }],
    resource: resourceFromAttributes(new SpanMask(config.masking).masked(config.resourceAttributes)),
    instrumentationScope: LIBRARY_SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
