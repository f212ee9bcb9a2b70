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
 * Options of one instance: what can change while it runs ({@link TracerConfig}) and
 * what is fixed at bootstrap.
 */
export interface TelemetryModuleOptions extends TracerConfig {
  /** Lets every module inject this instance's providers without importing it; default false. */
  readonly isGlobal?: boolean;
  /** Server spans of requests; `false` makes none. */
  readonly http?: false | HttpOptions;
  /** A pipeline of its own for each tenant. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the framework's request
  readonly tenants?: TenantOptions<any>;
  /**
   * Configurations by environment, laid over the other options: the one named by `APP_ENV`, else by
   * `NODE_ENV`, else `development`; an environment without an entry changes nothing and is warned of.
   */
  readonly environments?: Readonly<Record<string, TracerConfig>>;
  /** Caller, user and session of a request, read into baggage and shown on spans; `false` reads none. */
  readonly baggage?: false | BaggageOptions;
  /** Formats of trace context and baggage, and the hosts that instrumented calls send them to. */
  readonly propagation?: PropagationOptions;
  /**
   * Official instrumentations for outgoing calls, such as `new UndiciInstrumentation()`, or
   * `{ instrumentation: new PgInstrumentation(), modules: { pg } }`. Default none.
   */
  readonly instrumentations?: readonly InstrumentationOption[];
  /** Streams of `@Sse` routes; `false` treats their responses like any other. */
  readonly sse?: false | SseOptions;
  /**
   * Metrics and their readers; `false` measures nothing. Default: requests, streams and the library's own
   * health, sent beside the spans of OTLP exporters; without an OTLP exporter, metrics are off, so that no
   * console fills with numbers.
   */
  readonly metrics?: false | MetricsOptions;
  /**
   * Entries other than HTTP requests: messages, jobs, socket messages, ticks, events; `false` traces none.
   */
  readonly entries?: false | EntriesOptions;
  /** How messages are related to their senders. */
  readonly messaging?: MessagingOptions;
  /** One span for all that is known about a request, where `WideEventInterceptor` is bound. */
  readonly wideEvents?: WideEventOptions;
  /**
   * Shows traces in a browser, on a port of its own on this machine; the address with its token is printed at
   * start. `true`, or where it listens and how much it keeps. Default off; in production it needs a `token`.
   */
  readonly devtools?: boolean | DevtoolsOptions;
  /**
   * How the instance ends with its app: how long `app.close()` waits for spans to be delivered, in
   * milliseconds; default 2,500.
   */
  readonly shutdown?: { readonly timeoutMillis?: number };
  /**
   * The reaction to an invalid configuration at bootstrap: `throw`, or `warn` and run without
   * telemetry. Default `throw`.
   */
  readonly onConfigError?: 'throw' | 'warn';
}

/** Makes the options in a class of the app, for `useClass` and `useExisting`. */
export interface TelemetryOptionsFactory {
  /** Makes the options of one instance. */
  createTelemetryOptions(): TelemetryModuleOptions | Promise<TelemetryModuleOptions>;
}

/** Options that are made during bootstrap, from injected providers. */
export interface TelemetryModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Lets every module inject this instance's providers without importing it; default false. */
  readonly isGlobal?: boolean;
  /** Tokens of the arguments of `useFactory`. */
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  /** A function that makes the options, given what `inject` names. */
  readonly useFactory?: (...args: any[]) => TelemetryModuleOptions | Promise<TelemetryModuleOptions>;
  /** A class that makes the options; Nest creates it for the module. */
  readonly useClass?: Type<TelemetryOptionsFactory>;
  /** A provider of the app that makes the options. */
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
      graphql: boolean,
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
 * @param isGlobal - what the module was made with, before any factory ran; default: nobody asks
 * @throws TelemetryConfigError naming the first option that is wrong
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
