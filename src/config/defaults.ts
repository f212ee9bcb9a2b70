import type { SpanLimits } from '../sdk/span-limits.js';
import type { BatchConfig } from './tracer-config.js';

/** Where collectors listen for OTLP over gRPC. */
export const OTLP_GRPC_URL = 'http://localhost:4317';
/** Where collectors listen for OTLP over HTTP; each signal has a path of its own. */
export const OTLP_HTTP_URL = 'http://localhost:4318';
/** Limit for one request to an OTLP receiver. */
export const OTLP_TIMEOUT_MILLIS = 10_000;

/**
 * The specification's limits; an attribute value may be of any length.
 *
 * @see
 *   {@link https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#span-limits |
 *   Span limits}
 */
export const SPAN_LIMITS: Required<SpanLimits> = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Infinity,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
};

/** OpenInference has an attribute for each part of each message. */
export const ROOM_FOR_MESSAGES: SpanLimits = { attributeCountLimit: 10_000 };

/** The SDK's defaults, but for a queue that holds a burst instead of dropping it. */
export const BATCH: Required<BatchConfig> = {
  scheduledDelayMillis: 5_000,
  maxExportBatchSize: 512,
  maxQueueSize: 65_536,
  maxQueueBytes: 64 * 1024 * 1024,
  exportTimeoutMillis: 30_000,
  maxExportBatchBytes: 1024 * 1024,
  maxConcurrentExports: 4,
  maxRetryMillis: 300_000,
  dropPolicy: 'newest',
};

/** Buckets that the semantic conventions advise for durations of requests and calls, in seconds. */
export const LATENCY_SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
