import type { MeterProvider, TracerProvider } from '@opentelemetry/api';

/** One module, or one file of it, that an instrumentation patches. */
export interface InstrumentedModule {
  /** The module (`pg`) or the file (`pg/lib/client.js`). */
  readonly name: string;
  /** The ranges of versions that can be patched. */
  readonly supportedVersions: readonly string[];
  /** Patches the exports of the module or file. */
  readonly patch?: ((moduleExports: unknown, moduleVersion?: string) => unknown) | undefined;
  /** Removes the patch. */
  readonly unpatch?: ((moduleExports: unknown, moduleVersion?: string) => void) | undefined;
}

/**
 * An OpenTelemetry instrumentation, reduced to the members that this library uses;
 * `@opentelemetry/instrumentation` itself is not needed.
 *
 * @see {@link https://github.com/open-telemetry/opentelemetry-js-contrib/tree/main/packages |
 *   Instrumentations}
 */
export interface Instrumentation {
  /** The name of the instrumentation's package. */
  readonly instrumentationName: string;
  /** Applies its patches. */
  enable(): void;
  /** Removes its patches. */
  disable(): void;
  /** Returns its options. */
  getConfig(): object;
  /** Replaces its options. */
  setConfig(config: object): void;
  /** Sets the provider of its tracers. */
  setTracerProvider(provider: TracerProvider): void;
  /** Sets the provider of its meters. */
  setMeterProvider?(provider: MeterProvider): void;
  /** Sets the provider of its loggers. */
  setLoggerProvider?(provider: object): void;
  /** Patches a given module. */
  manuallyInstrument?(module: unknown): void;
  /** Returns the modules that it patches. */
  getModuleDefinitions?(): readonly (InstrumentedModule & {
    readonly files?: readonly InstrumentedModule[];
  })[];
}

/**
 * An instrumentation, alone or with modules to patch that were imported before: `{ pg }`,
 * `{ ioredis: Redis }`. CommonJS packages that are already loaded are found without being listed.
 */
export type InstrumentationOption =
  | Instrumentation
  | {
      readonly instrumentation: Instrumentation;
      /**
       * Modules by the name under which the instrumentation patches them; each is a namespace or a default
       * export.
       */
      readonly modules?: Readonly<Record<string, unknown>>;
    };

/** The instrumentations that need more than a tracer. */
export const HTTP_INSTRUMENTATION = '@opentelemetry/instrumentation-http';
export const UNDICI_INSTRUMENTATION = '@opentelemetry/instrumentation-undici';
export const PG_INSTRUMENTATION = '@opentelemetry/instrumentation-pg';
