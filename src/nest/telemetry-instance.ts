import { Logger } from '@nestjs/common';
import { compileHttpOptions, type CompiledHttpOptions, type HttpScope } from '../http/http-scope.js';
import { TelemetryError } from '../errors.js';
import { pickTracerConfig } from '../config/tracer-config-schema.js';
import { selectEnvironment } from '../config/environment/environment.js';
import { mergeTracerConfig } from '../config/resolve-config.js';
import type { TracerConfig } from '../config/tracer-config.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { TracerManager } from '../tracing/tracer-manager.js';
import {
  DEFAULT_SHUTDOWN_MILLIS,
  validateModuleOptions,
  type TelemetryModuleOptions,
} from './telemetry-options.js';

/** One `forRoot*` call at work: a scope with its own pipeline, options and managers. */
export class TelemetryInstance implements HttpScope {
  readonly pipeline: Pipeline;
  readonly http: CompiledHttpOptions | undefined;
  readonly tracerManager: TracerManager;
  readonly shutdownTimeoutMillis: number;

  private constructor(
    readonly options: TelemetryModuleOptions,
    readonly isGlobal: boolean,
    onChange: () => void,
  ) {
    this.shutdownTimeoutMillis = options.shutdown?.timeoutMillis ?? DEFAULT_SHUTDOWN_MILLIS;
    this.http = options.http === false ? undefined : compileHttpOptions(options.http ?? {});
    this.pipeline = new Pipeline({
      instance: options.service?.name ?? 'telemetry',
      log: new Logger('TelemetryModule'),
      closeTimeoutMillis: this.shutdownTimeoutMillis,
      ...(options.tenants === undefined ? {} : { tenants: options.tenants }),
      onChange,
    });
    this.tracerManager = new TracerManager(this.pipeline, {}, this.shutdownTimeoutMillis);
  }

  /**
   * Validates the options and builds the instance.
   *
   * @param onChange - called whenever another configuration has become live
   * @throws TelemetryConfigError, unless `onConfigError` is `warn`: then the instance runs without telemetry
   */
  static async create(
    options: TelemetryModuleOptions,
    isGlobal: boolean,
    onChange: () => void,
  ): Promise<TelemetryInstance> {
    try {
      validateModuleOptions(options);
      const instance = new TelemetryInstance(options, isGlobal, onChange);
      await instance.pipeline.configure(initialConfig(options));
      return instance;
    } catch (error) {
      if (!(error instanceof TelemetryError) || (options as TelemetryModuleOptions | undefined)?.onConfigError !== 'warn') {
        throw error;
      }
      new Logger('TelemetryModule').warn(`Running without telemetry. ${error.message}`);
      return new TelemetryInstance({}, isGlobal, onChange);
    }
  }
}

/** The options, under the section of the environment that the process runs in. */
function initialConfig(options: TelemetryModuleOptions): TracerConfig {
  const config = pickTracerConfig(options);
  if (options.environments === undefined) return config;
  const section = selectEnvironment(options.environments, process.env, (message) => {
    new Logger('TelemetryModule').warn(message);
  });
  return section === undefined ? config : mergeTracerConfig(config, section);
}
