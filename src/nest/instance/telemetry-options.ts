import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import {
  anyOf,
  arrayOf,
  boolean,
  fn,
  literal,
  object,
  positiveInteger,
  positiveMillis,
  record,
  regExp,
  required,
  string,
} from '../../config/schema.js';
import { headerName } from '../../config/text-checks.js';
import { tracerConfigShape } from '../../config/tracer-config-schema.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { DevtoolsOptions } from '../../devtools/devtools-options.js';
import { TelemetryConfigError } from '../../errors.js';
import type { EntriesOptions, MessagingOptions } from '../../entries/entry-options.js';
import type { HttpOptions } from '../../http/http-options.js';
import type { SseOptions } from '../../http/stream-options.js';
import type { MetricsOptions } from '../../metrics/options/metrics-options.js';
import { metricsOptionsCheck } from '../../metrics/options/metrics-options-check.js';
import type { InstrumentationOption } from '../../tracing/instrumentation/instrumentation.js';
import type { PropagationOptions } from '../../tracing/load-propagation.js';
import { devtoolsCheck, devtoolsOptions } from './devtools-option.js';
import { instrumentationsCheck } from './instrumentations-check.js';
import {
  baggageOptionsCheck,
  propagationOptionsCheck,
  type BaggageOptions,
} from '../baggage/baggage-options.js';
import type { TenantOptions } from '../../pipeline/tenants/tenant-options.js';
import { wideEventOptionsCheck, type WideEventOptions } from './wide-event-options.js';

/**
 * Options of one instance: those that can change while it runs ({@link TracerConfig}), and those that are
 * fixed at bootstrap.
 */
export interface TelemetryModuleOptions extends TracerConfig {
  /** Whether every module can inject this instance's providers without importing it; default false. */
  readonly isGlobal?: boolean;
  /** Server spans of requests; `false` creates none. */
  readonly http?: false | HttpOptions;
  /** The option for tenants, each with its own pipeline. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the framework's request
  readonly tenants?: TenantOptions<any>;
  /**
   * Configurations by environment, merged into the other options. The environment is `APP_ENV`, else
   * `NODE_ENV`, else `development`. An environment without a section causes a warning. Default: none.
   */
  readonly environments?: Readonly<Record<string, TracerConfig>>;
  /** Baggage: the user and session of a request, shown on its spans; `false` reads none. */
  readonly baggage?: false | BaggageOptions;
  /** The formats of trace context and baggage, and the hosts that instrumented calls send them to. */
  readonly propagation?: PropagationOptions;
  /**
   * OpenTelemetry instrumentations for outgoing calls, such as `new UndiciInstrumentation()`, or
   * `{ instrumentation: new PgInstrumentation(), modules: { pg } }`. Default none.
   */
  readonly instrumentations?: readonly InstrumentationOption[];
  /** Streams of `@Sse` routes; `false` treats their responses like any other. */
  readonly sse?: false | SseOptions;
  /**
   * Metrics and their readers; `false` measures nothing. Default: requests, streams and the library's own
   * health are exported like spans if there is an OTLP exporter; otherwise metrics are off.
   */
  readonly metrics?: false | MetricsOptions;
  /**
   * Entries other than HTTP requests: messages, jobs, socket messages, ticks, events; `false` traces none.
   */
  readonly entries?: false | EntriesOptions;
  /** The relation of messages to their senders. */
  readonly messaging?: MessagingOptions;
  /** Wide events: one span with all facts about a request, where `WideEventInterceptor` is bound. */
  readonly wideEvents?: WideEventOptions;
  /**
   * The devtools page, which shows traces in a browser. It has its own port on this machine; its address
   * with a token is printed at start. `true`, or the options of the page. Default off; in production it
   * needs a `token`.
   */
  readonly devtools?: boolean | DevtoolsOptions;
  /**
   * The end of the instance with its app. `timeoutMillis` is the longest time that `app.close()` waits for
   * the delivery of spans, in milliseconds; default 2,500.
   */
  readonly shutdown?: { readonly timeoutMillis?: number };
  /**
   * The reaction to an invalid configuration at bootstrap: `throw`, or `warn` and run without telemetry.
   * Default `throw`.
   */
  readonly onConfigError?: 'throw' | 'warn';
}

/** A class of the app that creates the options, for `useClass` and `useExisting`. */
export interface TelemetryOptionsFactory {
  /** Creates the options of one instance. */
  createTelemetryOptions(): TelemetryModuleOptions | Promise<TelemetryModuleOptions>;
}

/** Options that are created during bootstrap, from injected providers. */
export interface TelemetryModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Whether every module can inject this instance's providers without importing it; default false. */
  readonly isGlobal?: boolean;
  /** Tokens of the arguments of `useFactory`. */
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  /** A function that creates the options from the providers in `inject`. */
  readonly useFactory?: (...args: any[]) => TelemetryModuleOptions | Promise<TelemetryModuleOptions>;
  /** A class that creates the options; Nest creates an object of it for the module. */
  readonly useClass?: Type<TelemetryOptionsFactory>;
  /** A provider of the app that creates the options. */
  readonly useExisting?: InjectionToken<TelemetryOptionsFactory>;
}

export const DEFAULT_SHUTDOWN_MILLIS = 2500;

const routePatterns = arrayOf(anyOf(string, regExp));

const entryFilter = anyOf(literal(false), object({ include: routePatterns, exclude: routePatterns }));

const optionsShape = object({
  ...tracerConfigShape,
  isGlobal: boolean,
  http: anyOf(
    literal(false),
    object({
      include: routePatterns,
      exclude: routePatterns,
      trustRemoteParent: anyOf(boolean, fn),
      traceIdHeader: headerName,
      redactQuery: arrayOf(string),
      bodySizes: boolean,
      requestHook: fn,
      responseHook: fn,
    }),
  ),
  tenants: object({
    resolve: fn,
    resolveEntry: fn,
    config: required(fn),
    maxActive: positiveInteger,
    idleMillis: positiveMillis,
    fallback: literal('default', 'drop'),
  }),
  environments: record(object(tracerConfigShape)),
  baggage: baggageOptionsCheck,
  propagation: propagationOptionsCheck,
  instrumentations: instrumentationsCheck,
  sse: anyOf(
    literal(false),
    object({
      spans: literal('server', 'stream'),
      milestoneEvery: anyOf(literal(0), positiveInteger),
      onShutdown: literal('complete', 'leave'),
    }),
  ),
  metrics: metricsOptionsCheck,
  wideEvents: wideEventOptionsCheck,
  entries: anyOf(
    literal(false),
    object({
      microservices: entryFilter,
      queues: entryFilter,
      websockets: anyOf(
        literal(false),
        object({ include: routePatterns, exclude: routePatterns, connections: boolean }),
      ),
      schedule: entryFilter,
      events: entryFilter,
      cqrs: entryFilter,
      graphql: anyOf(boolean, object({ include: routePatterns, exclude: routePatterns })),
    }),
  ),
  messaging: object({
    relation: anyOf(literal('link', 'parent'), record(literal('link', 'parent'))),
  }),
  shutdown: object({ timeoutMillis: positiveMillis }),
  devtools: devtoolsCheck,
  onConfigError: literal('throw', 'warn'),
});

/**
 * Validates the options of `forRoot` and `forRootAsync`.
 *
 * @param isGlobal - the `isGlobal` that the module was created with, before any factory ran; default: not
 *   checked
 * @throws TelemetryConfigError with the first invalid option
 */
export function validateModuleOptions(
  options: unknown,
  isGlobal = true,
): asserts options is TelemetryModuleOptions {
  if (options === undefined) {
    throw new TelemetryConfigError({
      path: 'options',
      expected: 'returned by `useFactory` or `createTelemetryOptions`',
      remedy: 'Return an object; an arrow function that returns one needs parentheses around it.',
    });
  }
  optionsShape.assert(options, '');
  devtoolsOptions((options as TelemetryModuleOptions).devtools, process.env);
  if ((options as TelemetryModuleOptions).isGlobal === true && !isGlobal) {
    throw new TelemetryConfigError({
      path: 'isGlobal',
      expected: 'given to `forRootAsync` itself',
      got: true,
      remedy: 'Move it next to `useFactory`, which runs after Nest has decided who sees what.',
    });
  }
}
