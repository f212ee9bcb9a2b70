import type { SpanLimits } from '../sdk/span-limits.js';
import type { BatchConfig } from './tracer-config.js';

/** The default address of a collector for OTLP over gRPC. */
export const OTLP_GRPC_URL = 'http://localhost:4317';
/** The default base address of a collector for OTLP over HTTP; each signal adds its own path. */
export const OTLP_HTTP_URL = 'http://localhost:4318';
/** The default time limit of a request to an OTLP receiver, in milliseconds. */
export const OTLP_TIMEOUT_MILLIS = 10_000;

/**
 * The default span limits of the specification; attribute values may have any length.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#span-limits
 *   | Span limits}
 */
export const SPAN_LIMITS: Required<SpanLimits> = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Infinity,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
};

/** Raised span limits for OpenInference, which uses an attribute for each part of each message. */
export const ROOM_FOR_MESSAGES: SpanLimits = { attributeCountLimit: 10_000 };

/** The SDK's batch defaults, with a larger queue so that bursts are not dropped. */
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

/**
 * Histogram buckets that the semantic conventions advise for durations of requests and calls, in seconds.
 */
export const LATENCY_SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
