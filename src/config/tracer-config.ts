import type { ClientsConfig } from './clients-config.js';
import type { Sampler } from '../sdk/sampler.js';
import type { SpanExporter } from '../sdk/span-exporter.js';
import type { SpanLimits } from '../sdk/span-limits.js';
import type { SpanProcessor } from '../sdk/span-processor.js';
import type { ErrorClassifier } from './error-classification.js';
import type { ExporterConfig } from './exporter-config.js';
import type { GenAiConfig } from './genai-config.js';
import type { MaskingConfig } from './masking-config.js';
import type { SamplerConfig } from './sampler-config.js';
import type { Secret } from './secret.js';

export type { ClientsConfig } from './clients-config.js';
export type { ErrorClassifier } from './error-classification.js';
export type { MaskingConfig } from './masking-config.js';
export type { SamplerConfig } from './sampler-config.js';

/**
 * Describes the service that emits the spans. The resource shows it as `service.*` and
 * `deployment.environment.name`.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/resource/#service | Semantic conventions,
 *   service}
 */
export interface ServiceConfig {
  /** The service's name; required unless `OTEL_SERVICE_NAME` sets it. */
  readonly name?: string;
  /** The service's version, `service.version`. */
  readonly version?: string;
  /** The service's namespace, `service.namespace`. */
  readonly namespace?: string;
  /**
   * The deployment environment, `deployment.environment.name`; default: taken from the environment
   * variables, see {@link tracerConfigFromEnv}.
   */
  readonly environment?: string;
  /**
   * The id of this process among the service's instances, `service.instance.id`; default: a random UUID per
   * process.
   */
  readonly instanceId?: string;
}

/**
 * Configures the queue in front of an exporter. Names and meaning are those of the SDK's batch span
 * processor.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor | Batching processor}
 */
export interface BatchConfig {
  /** The longest time that a span waits before an export begins, in milliseconds; default 5,000. */
  readonly scheduledDelayMillis?: number;
  /** The most spans in one export; default 512. */
  readonly maxExportBatchSize?: number;
  /** The most spans that wait in the queue; further spans are dropped and counted. Default 65,536. */
  readonly maxQueueSize?: number;
  /**
   * The most encoded bytes that wait in the queue; further spans are dropped and counted. Default 64 MiB.
   */
  readonly maxQueueBytes?: number;
  /** The time limit of one export, in milliseconds; default 30,000. */
  readonly exportTimeoutMillis?: number;
  /**
   * The most encoded bytes in one export, before compression; default 1 MiB. A larger span is sent alone.
   */
  readonly maxExportBatchBytes?: number;
  /** The most exports that run at the same time; default 4, or 1 with an exporter given in code. */
  readonly maxConcurrentExports?: number;
  /**
   * The longest time that a failed export is retried while the receiver accepts others, in milliseconds;
   * then its spans are dropped. Default 300,000. While the receiver accepts nothing, spans are kept within
   * the queue's limits.
   */
  readonly maxRetryMillis?: number;
  /**
   * The span that is dropped when the queue is full: the newest (default) or the oldest. Errors and server
   * spans are dropped last.
   */
  readonly dropPolicy?: 'newest' | 'oldest';
}

/** An exporter in {@link TracerConfig}: the configuration of a built-in one, or an exporter instance. */
export type ExporterOption = ExporterConfig<string | Secret> | SpanExporter;

/** The options of an instance that can change while the app runs. */
export interface TracerConfig {
  /**
   * Whether the instance traces; default true. `false` costs one boolean test per request. Can be changed
   * live.
   */
  readonly enabled?: boolean;
  /** The service that emits the spans; required unless `OTEL_SERVICE_NAME` names it. */
  readonly service?: ServiceConfig;
  /**
   * Resource attributes in addition to `service`, with values of any type. Dates become ISO text, objects
   * and mixed lists JSON text; `null` is left out. `service.*` keys fill in options that `service` omits.
   */
  readonly resourceAttributes?: Readonly<Record<string, unknown>>;
  /**
   * One or several exporters; default: as the environment says, else the console in development. An
   * exporter given in code reads no `OTEL_EXPORTER_*` variable.
   */
  readonly exporter?: ExporterOption | readonly ExporterOption[];
  /**
   * Whether to print spans in addition to any exporters: `true`, or `'development'` for that environment
   * alone. Default: `true` with `LOG_LEVEL=DEBUG` outside of production and tests, else `false`.
   */
  readonly console?: boolean | 'development';
  /** The sampler. A number is the share of traces to keep, 0 to 1, parent-based; default 1. */
  readonly sampler?: number | SamplerConfig | Sampler;
  /**
   * Span processors, which run in order. `onStart` and `onEnding` see the unmasked span, `onEnd` the masked
   * one.
   */
  readonly spanProcessors?: readonly SpanProcessor[];
  /** How many attributes, events and links a span keeps; default: the SDK's limits. */
  readonly spanLimits?: SpanLimits;
  /**
   * Whether objects, mixed and nested arrays, and bytes in attributes are exported as OTLP's maps, arrays
   * and bytes; `false` exports JSON text. Zipkin and the console always get text. Default true.
   */
  readonly structuredAttributes?: boolean;
  /** Replaces personal data and credentials in spans before they leave; on by default. */
  readonly masking?: MaskingConfig;
  /** Classifies errors before the default classifier does. */
  readonly errorClassifier?: ErrorClassifier;
  /**
   * Whether `@Span` methods and workflow stages record their arguments and results, masked; default false.
   */
  readonly includeInputOutput?: boolean;
  /** Whether `TracerManager.checkpoint` records events; default: `DEBUG_TRACING`, else false. */
  readonly debugEvents?: boolean;
  /** Whether `withLlmSpan` creates spans; default true. */
  readonly traceLlmCalls?: boolean;
  /**
   * Whether `withHttpSpan` creates spans; default true. Server spans are controlled by the module's `http`
   * option.
   */
  readonly traceHttpRequests?: boolean;
  /** The prefix of attributes on workflow spans; default `workflow.`. */
  readonly workflowPrefix?: string;
  /** The queue in front of each exporter. */
  readonly batch?: BatchConfig;
  /**
   * Outgoing calls: HTTP, databases, caches. Default: calls inside a request, a job or a span are recorded;
   * `false` records none.
   */
  readonly clients?: false | ClientsConfig;
  /** Model calls, for apps that import `nestjs-telemetry/genai`. */
  readonly genai?: GenAiConfig;
}
