import type { DynamicModule } from '@nestjs/common';
import { tracerConfigFromEnv } from '../../config/environment/environment.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import { TelemetryConfigError } from '../../errors.js';

/** The namespace of {@link telemetryConfig} in `ConfigService`. */
const NAMESPACE = 'telemetry';

/**
 * A factory in the form of `registerAs` of `@nestjs/config`. It is written here so that the package stays
 * optional; a test compares the two.
 */
export interface TelemetryConfigFactory {
  /** Reads the configuration from the environment. */
  (): TracerConfig;
  /** The token of the configuration object, for `@Inject(telemetryConfig.KEY)`. */
  readonly KEY: string;
  /** Returns options for `TelemetryModule.forRootAsync`. */
  asProvider(): {
    imports: Promise<DynamicModule>[];
    useFactory: (config: TracerConfig) => TracerConfig;
    inject: string[];
  };
}

/**
 * The environment's configuration as the namespace `telemetry` of `@nestjs/config`.
 *
 * Nest resolves it after the `.env` file of `ConfigModule.forRoot` was read, so its variables count. Use it
 * as `TelemetryModule.forRootAsync(telemetryConfig.asProvider())`, as
 * `ConfigModule.forFeature(telemetryConfig)` with `inject: [telemetryConfig.KEY]`, or as
 * `configService.get('telemetry')`. Credentials are wrapped as `Secret`.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_PACKAGE_MISSING` while the app starts, if `asProvider()`
 *   was used and `@nestjs/config` is not installed
 */
export const telemetryConfig: TelemetryConfigFactory = register(() => tracerConfigFromEnv());

function register(factory: () => TracerConfig): TelemetryConfigFactory {
  const key = `CONFIGURATION(${NAMESPACE})`;
  return Object.defineProperties(factory, {
    PARTIAL_CONFIGURATION_KEY: { value: NAMESPACE },
    KEY: { value: key },
    asProvider: {
      value: () => ({
        imports: [configFeature(factory)],
        useFactory: (config: TracerConfig) => config,
        inject: [key],
      }),
    },
  }) as TelemetryConfigFactory;
}

/**
 * Resolves to `ConfigModule`'s feature. `asProvider()` runs while a module is declared, and Nest waits for
 * promises among a module's imports.
 */
function configFeature(factory: () => TracerConfig): Promise<DynamicModule> {
  const feature = loadFeature(factory);
  // An app that never imports the module must not fail because of it.
  feature.catch(() => undefined);
  return feature;
}

async function loadFeature(factory: () => TracerConfig): Promise<DynamicModule> {
  try {
    const { ConfigModule } = await import('@nestjs/config');
    return ConfigModule.forFeature(factory);
  } catch (cause) {
    throw new TelemetryConfigError({
      code: 'TELEMETRY_PACKAGE_MISSING',
      path: 'telemetryConfig.asProvider',
      expected: 'called where the optional package @nestjs/config is installed',
      remedy: 'Run `npm install @nestjs/config`.',
      cause,
    });
  }
}
