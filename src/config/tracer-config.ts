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
 * The service that emits the spans; becomes the `service.*` and `deployment.environment.name` attributes of
 * the resource.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/resource/#service | Semantic conventions, service}
 */
export interface ServiceConfig {
  /** Required unless the environment names the service (`OTEL_SERVICE_NAME`). */
  readonly name?: string;
  /** `service.version`. */
  readonly version?: string;
  /** `service.namespace`. */
  readonly namespace?: string;
  /** `deployment.environment.name`; default: what the environment says, see {@link tracerConfigFromEnv}. */
  readonly environment?: string;
  /** Default: a random UUID per process. */
  readonly instanceId?: string;
}

/**
 * The batch queue between spans and an exporter; names and meaning as in the SDK's batch span processor.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor | Batching processor}
 */
export interface BatchConfig {
  /** Longest wait of a span in the queue before an export begins, in milliseconds; default 5,000. */
  readonly scheduledDelayMillis?: number;
  /** Most spans in one export; default 512. */
  readonly maxExportBatchSize?: number;
  /** Most spans waiting; what comes beyond is dropped and counted. Default 65,536. */
  readonly maxQueueSize?: number;
  /** Most bytes waiting, as encoded; what comes beyond is dropped and counted. Default 64 MiB. */
  readonly maxQueueBytes?: number;
  /** Limit of one export, in milliseconds; default 30,000. */
  readonly exportTimeoutMillis?: number;
  /** Most bytes in one export, as encoded, before compression; default 1 MiB. A larger span goes alone. */
  readonly maxExportBatchBytes?: number;
  /** Exports at the same time; default 4, or 1 if an exporter given in code is among them. */
  readonly maxConcurrentExports?: number;
  /**
   * How long an export is retried while the receiver takes others, in milliseconds, before its spans are
   * dropped; default 300,000. While it takes none, spans are kept as long as the queue's limits allow.
   */
  readonly maxRetryMillis?: number;
  /**
   * Which span goes when the queue is full: the one that comes (default), or the oldest. Errors
   * and server spans go last.
   */
  readonly dropPolicy?: 'newest' | 'oldest';
}

/** An exporter in {@link TracerConfig}: one that this library builds, or one built by the user. */
export type ExporterOption = ExporterConfig<string | Secret> | SpanExporter;

/** Everything about an instance that can change while the app runs. */
export interface TracerConfig {
  /** `false` costs one boolean test per request and can be switched on live; default true. */
  readonly enabled?: boolean;
  /** Required unless the environment names the service (`OTEL_SERVICE_NAME`). */
  readonly service?: ServiceConfig;
  /**
   * Resource attributes beyond `service`; values of any type. Dates become ISO text, objects and mixed lists
   * JSON text, `null` is left out. `service.*` keys fill in what `service` leaves open.
   */
  readonly resourceAttributes?: Readonly<Record<string, unknown>>;
  /** One or several; an exporter given in code reads no `OTEL_EXPORTER_*` variable. */
  readonly exporter?: ExporterOption | readonly ExporterOption[];
  /**
   * Prints spans beside any exporters: `true`, or `'development'` for that environment
   * alone. Default: `true` with `LOG_LEVEL=DEBUG` outside of production and tests, else `false`.
   */
  readonly console?: boolean | 'development';
  /** A number is the share of traces kept, 0 to 1, parent-based; default 1. */
  readonly sampler?: number | SamplerConfig | Sampler;
  /** Run in order: `onStart` and `onEnding` see spans as they are, `onEnd` sees them masked. */
  readonly spanProcessors?: readonly SpanProcessor[];
  /** How many attributes, events and links a span keeps; as of the SDK. */
  readonly spanLimits?: SpanLimits;
  /**
   * Whether objects, mixed and nested arrays, and bytes among attributes go out as OTLP's maps, arrays and
   * bytes; `false` makes JSON text of them. Zipkin and the console always get text. Default true.
   */
  readonly structuredAttributes?: boolean;
  /** Replaces personal data and credentials in spans before they leave; on by default. */
  readonly masking?: MaskingConfig;
  /** Judges errors before the default classifier does. */
  readonly errorClassifier?: ErrorClassifier;
  /** Records arguments and results of `@Span` methods and of workflow stages, masked; default false. */
  readonly includeInputOutput?: boolean;
  /** Whether `TracerManager.checkpoint` records events; default: what `DEBUG_TRACING` says, else false. */
  readonly debugEvents?: boolean;
  /** Whether `withLlmSpan` makes spans; default true. */
  readonly traceLlmCalls?: boolean;
  /** Whether `withHttpSpan` makes spans; server spans are the module's `http` option. Default true. */
  readonly traceHttpRequests?: boolean;
  /** Begins the attributes of workflow spans; default `workflow.`. */
  readonly workflowPrefix?: string;
  /** The queue between spans and exporters. */
  readonly batch?: BatchConfig;
  /**
   * Outgoing calls: HTTP, databases, caches. On by default, for what is called in a request, a job or a
   * span; `false` records none.
   */
  readonly clients?: false | ClientsConfig;
  /** Model calls, for apps that import `nestjs-telemetry/genai`. */
  readonly genai?: GenAiConfig;
}
