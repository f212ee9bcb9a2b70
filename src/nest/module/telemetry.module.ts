import { Inject, Module, Optional, type DynamicModule, type Provider } from '@nestjs/common';
import { TelemetryConfigError } from '../../errors.js';
import { BaggageService } from '../../tracing/baggage-service.js';
import { MeterManager } from '../../metrics/meter-manager.js';
import type { TelemetryFeatureOptions } from '../../tracing/feature-options.js';
import { TracerManager } from '../../tracing/tracer-manager.js';
import { instanceModule, withTracers } from './instance-module.js';
import { MetricService } from '../services/metric.service.js';
import { TelemetryHub } from '../hub/telemetry-hub.js';
import { TelemetryHubModule } from './telemetry-hub.module.js';
import type {
  TelemetryModuleAsyncOptions,
  TelemetryModuleOptions,
  TelemetryOptionsFactory,
} from '../instance/telemetry-options.js';
import {
  TELEMETRY_FEATURE_ID,
  TELEMETRY_INSTANCE_ID,
  TELEMETRY_OPTIONS,
  uniqueId,
} from '../metadata/tokens.js';

/**
 * Adds OpenTelemetry to the modules that import it. Each `forRoot*` call creates an independent instance
 * with its own pipeline. The root module's instance covers everything without a nearer one. No
 * OpenTelemetry global is touched.
 */
@Module({})
export class TelemetryModule {
  /** @internal */
  constructor(@Optional() @Inject(TELEMETRY_INSTANCE_ID) instance: symbol | undefined) {
    if (instance !== undefined) return;
    throw new TelemetryConfigError({
      path: 'TelemetryModule',
      expected: 'imported by a call of `forRoot`, `forRootAsync` or `forFeature`',
      remedy:
        'Write `TelemetryModule.forRoot({ service: { name: … } })`, or `TelemetryModule.forFeature()` ' +
        'in modules that another instance covers.',
    });
  }

  /** Creates an instance with fixed options; omitted options come from the environment. */
  static forRoot(options: TelemetryModuleOptions = {}): DynamicModule {
    return instanceModule({
      module: TelemetryModule,
      isGlobal: options.isGlobal === true,
      // A factory, since dynamic modules are printed and converted to JSON, and options contain
      // credentials.
      options: { provide: TELEMETRY_OPTIONS, useFactory: () => options },
    });
  }

  /** Creates an instance whose options are created during bootstrap. */
  static forRootAsync(options: TelemetryModuleAsyncOptions): DynamicModule {
    const { imports = [], useClass } = options;
    return instanceModule({
      module: TelemetryModule,
      isGlobal: options.isGlobal === true,
      imports,
      options: optionsProvider(options),
      providers: useClass === undefined ? [] : [{ provide: useClass, useClass }],
    });
  }

  /**
   * Shares the pipeline of the instance that covers the importing module, and sets the tracer name of that
   * module.
   */
  static forFeature(options: TelemetryFeatureOptions = {}): DynamicModule {
    const id = uniqueId('feature');
    return withTracers({
      module: TelemetryFeatureModule,
      providers: [
        { provide: TELEMETRY_FEATURE_ID, useValue: id },
        {
          provide: BaggageService,
          inject: [TelemetryHub],
          useFactory: async (hub: TelemetryHub) => (await hub.instanceForFeature(id)).baggage,
        },
        {
          provide: TracerManager,
          inject: [TelemetryHub],
          useFactory: async (hub: TelemetryHub) => {
            const instance = await hub.instanceForFeature(id);
            return instance.tracerManager.withDefaults(options);
          },
        },
        {
          provide: MeterManager,
          inject: [TelemetryHub],
          useFactory: async (hub: TelemetryHub) => {
            const { meterManager } = await hub.instanceForFeature(id);
            return options.tracer === undefined
              ? meterManager
              : meterManager.withDefaults({ meter: options.tracer });
          },
        },
        {
          provide: MetricService,
          inject: [MeterManager],
          useFactory: (meters: MeterManager) => new MetricService(meters),
        },
      ],
      exports: [TracerManager, MeterManager, MetricService, BaggageService],
      imports: [TelemetryHubModule],
    });
  }
}

/** The module class for the providers of `forFeature`. */
@Module({})
class TelemetryFeatureModule {}

function optionsProvider(options: TelemetryModuleAsyncOptions): Provider {
  const { inject = [], useFactory } = options;
  if (useFactory !== undefined) return { provide: TELEMETRY_OPTIONS, inject, useFactory };
  const factory = options.useClass ?? options.useExisting;
  if (factory === undefined) {
    throw new TelemetryConfigError({
      path: 'forRootAsync',
      expected: 'given one of `useFactory`, `useClass` and `useExisting`',
      remedy: 'Pass a function or a class that makes the options.',
    });
  }
  return {
    provide: TELEMETRY_OPTIONS,
    inject: [factory],
    useFactory: (made: TelemetryOptionsFactory) => made.createTelemetryOptions(),
  };
}
