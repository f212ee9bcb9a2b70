import type { MeterProvider, TracerProvider } from '@opentelemetry/api';

/** An instrumentation's part for one module, or for a file in it. */
export interface InstrumentedModule {
  /** `pg`, or for a file `pg/lib/client.js`. */
  readonly name: string;
  /** Ranges of versions that can be patched. */
  readonly supportedVersions: readonly string[];
  /** Patches the exports of the module, or of the file. */
  readonly patch?: ((moduleExports: unknown, moduleVersion?: string) => unknown) | undefined;
  /** Takes the patch back. */
  readonly unpatch?: ((moduleExports: unknown, moduleVersion?: string) => void) | undefined;
}

/**
 * An official OpenTelemetry instrumentation, as far as it is used here;
 * `@opentelemetry/instrumentation` itself is not needed.
 *
 * @see
 *   {@link https://github.com/open-telemetry/opentelemetry-js-contrib/tree/main/packages | Instrumentations}
 */
export interface Instrumentation {
  /** Name of its package. */
  readonly instrumentationName: string;
  /** Patches its modules from now on. */
  enable(): void;
  /** Takes its patches back. */
  disable(): void;
  /** Its own options. */
  getConfig(): object;
  /** Replaces its own options. */
  setConfig(config: object): void;
  /** Sets where its spans go. */
  setTracerProvider(provider: TracerProvider): void;
  /** Sets where its metrics go. */
  setMeterProvider?(provider: MeterProvider): void;
  /** Sets where its log records go. */
  setLoggerProvider?(provider: object): void;
  /** Patches a module that is handed over. */
  manuallyInstrument?(module: unknown): void;
  /** The modules that it patches. */
  getModuleDefinitions?(): readonly (InstrumentedModule & {
    readonly files?: readonly InstrumentedModule[];
  })[];
}

/**
 * An instrumentation, alone or with modules that it shall patch though they were imported before: `{ pg }`,
 * `{ ioredis: Redis }`. CommonJS packages that are loaded already are found without being named.
 */
export type InstrumentationOption =
  | Instrumentation
  | {
      readonly instrumentation: Instrumentation;
      /**
       * Modules by the name that the instrumentation patches them under: a namespace, or a default export.
       */
      readonly modules?: Readonly<Record<string, unknown>>;
    };

/** Names of the instrumentations that need more than a tracer. */
export const HTTP_INSTRUMENTATION = '@opentelemetry/instrumentation-http';
export const UNDICI_INSTRUMENTATION = '@opentelemetry/instrumentation-undici';
export const PG_INSTRUMENTATION = '@opentelemetry/instrumentation-pg';
