import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import type { LoggerProvider } from './app-logger-provider.js';

/** An instrumentation's part for one module, or for a file in it. */
export interface InstrumentedModule {
  /** `pg`, or for a file `pg/lib/client.js`. */
  readonly name: string;
  readonly supportedVersions: readonly string[];
  readonly patch?: ((moduleExports: unknown, moduleVersion?: string) => unknown) | undefined;
  readonly unpatch?: ((moduleExports: unknown, moduleVersion?: string) => void) | undefined;
}

/**
 * An official OpenTelemetry instrumentation, as far as it is used here; `@opentelemetry/instrumentation` itself is not needed.
 *
 * @see {@link https://github.com/open-telemetry/opentelemetry-js-contrib/tree/main/packages | Instrumentations}
 */
export interface Instrumentation {
  readonly instrumentationName: string;
  enable(): void;
  disable(): void;
  getConfig(): object;
  setConfig(config: object): void;
  setTracerProvider(provider: TracerProvider): void;
  setMeterProvider?(provider: MeterProvider): void;
  setLoggerProvider?(provider: LoggerProvider): void;
  getModuleDefinitions?(): readonly (InstrumentedModule & {
    readonly files?: readonly InstrumentedModule[];
  })[];
}

/**
 * An instrumentation, alone or with modules that it shall patch though they were imported before: `{ pg }`, `{ ioredis: Redis }`.
 * CommonJS packages that are loaded already are found without being named.
 */
export type InstrumentationOption =
  | Instrumentation
  | {
      readonly instrumentation: Instrumentation;
      /** By the name that the instrumentation knows them by: the module's namespace, or its default export. */
      readonly modules?: Readonly<Record<string, unknown>>;
    };

/** Names of the instrumentations that need more than a tracer. */
export const HTTP_INSTRUMENTATION = '@opentelemetry/instrumentation-http';
export const UNDICI_INSTRUMENTATION = '@opentelemetry/instrumentation-undici';
export const PG_INSTRUMENTATION = '@opentelemetry/instrumentation-pg';
