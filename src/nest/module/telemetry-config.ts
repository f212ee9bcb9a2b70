import type { DynamicModule } from '@nestjs/common';
import { tracerConfigFromEnv } from '../../config/environment/environment.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import { TelemetryConfigError } from '../../errors.js';

/** The namespace of {@link telemetryConfig} in `ConfigService`. */
const NAMESPACE = 'telemetry';

/**
 * A factory in the form that `registerAs` of `@nestjs/config` returns, written here so that the package
 * stays optional; a test compares the two.
 */
export interface TelemetryConfigFactory {
  /** Reads the configuration from the environment. */
  (): TracerConfig;
  /** Token of the configuration object, for `@Inject(telemetryConfig.KEY)`. */
  readonly KEY: string;
  /** Options for `TelemetryModule.forRootAsync`. */
  asProvider(): {
    imports: Promise<DynamicModule>[];
    useFactory: (config: TracerConfig) => TracerConfig;
    inject: string[];
  };
}

/**
 * The environment's configuration as a namespace `telemetry` of `@nestjs/config`.
 *
 * It is read when Nest resolves it, so that variables from the `.env` file of `ConfigModule.forRoot`
 * count: `TelemetryModule.forRootAsync(telemetryConfig.asProvider())`, or
 * `ConfigModule.forFeature(telemetryConfig)` and `inject: [telemetryConfig.KEY]`, or
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

/** `asProvider()` is called while a module is declared; Nest waits for promises among a module's imports. */
function configFeature(factory: () => TracerConfig): Promise<DynamicModule> {
  const feature = loadFeature(factory);
  // An app that never imports the module is not to fail by it.
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
