import type { DynamicModule, FactoryProvider, Provider } from '@nestjs/common';
import { BaggageService } from '../../tracing/baggage-service.js';
import { MeterManager } from '../../metrics/meter-manager.js';
import { TracerManager } from '../../tracing/tracer-manager.js';
import { TelemetryHealthIndicator } from '../services/telemetry-health.indicator.js';
import { managerServices } from '../../tracing/manager-services.js';
import { getMeterToken, meterNames } from '../metadata/meter-names.js';
import { MetricService } from '../services/metric.service.js';
import { TelemetryHub } from '../hub/telemetry-hub.js';
import { TelemetryHubModule } from './telemetry-hub.module.js';
import { TelemetryInstance } from '../instance/telemetry-instance.js';
import type { TelemetryModuleOptions } from '../instance/telemetry-options.js';
import { TELEMETRY_INSTANCE_ID, TELEMETRY_OPTIONS, uniqueId } from '../metadata/tokens.js';
import { getTracerToken, tracerNames } from '../metadata/tracer-names.js';

/** Parts of the dynamic module of one instance. */
export interface InstanceModuleParts {
  readonly module: DynamicModule['module'];
  readonly isGlobal: boolean;
  readonly imports?: NonNullable<DynamicModule['imports']>;
  /** The provider of `TELEMETRY_OPTIONS`. */
  readonly options: Provider;
  readonly providers?: readonly Provider[];
  readonly exports?: NonNullable<DynamicModule['exports']>;
}

/** Returns the dynamic module of one instance. */
export function instanceModule(parts: InstanceModuleParts): DynamicModule {
  const { module, isGlobal, imports = [], options, providers = [], exports = [] } = parts;
  const id = uniqueId('instance');
  return withTracers({
    module,
    global: isGlobal,
    imports: [...imports, TelemetryHubModule],
    providers: [
      ...providers,
      { provide: TELEMETRY_INSTANCE_ID, useValue: id },
      options,
      {
        provide: TelemetryInstance,
        inject: [TELEMETRY_OPTIONS, TelemetryHub],
        useFactory: (given: TelemetryModuleOptions, hub: TelemetryHub) => hub.create(id, given, isGlobal),
      },
      {
        provide: TracerManager,
        inject: [TelemetryInstance],
        useFactory: (instance: TelemetryInstance) => instance.tracerManager,
      },
      {
        provide: MeterManager,
        inject: [TelemetryInstance],
        useFactory: (instance: TelemetryInstance) => instance.meterManager,
      },
      {
        provide: BaggageService,
        inject: [TelemetryInstance],
        useFactory: (instance: TelemetryInstance) => instance.baggage,
      },
      {
        provide: MetricService,
        inject: [MeterManager],
        useFactory: (meters: MeterManager) => new MetricService(meters),
      },
      TelemetryHealthIndicator,
    ],
    exports: [
      TracerManager,
      MeterManager,
      MetricService,
      BaggageService,
      TelemetryHealthIndicator,
      ...exports,
    ],
  });
}

/**
 * Adds the providers for `@InjectTracer` and `@InjectMeter`, and the services made of a manager, when Nest
 * reads the module; all decorators have run by then.
 */
export function withTracers(module: DynamicModule): DynamicModule {
  const { providers = [], exports = [] } = module;
  const named = (): FactoryProvider[] => [
    ...[undefined, ...tracerNames.all].map((name) => ({
      provide: getTracerToken(name),
      inject: [TracerManager],
      // A test may replace the manager with a partial one.
      useFactory: (manager: Partial<TracerManager>) => manager.getTracer?.(name),
    })),
    ...[undefined, ...meterNames.all].map((name) => ({
      provide: getMeterToken(name),
      inject: [MeterManager],
      useFactory: (manager: Partial<MeterManager>) => manager.getMeter?.(name),
    })),
    ...managerServices.all.map((service) => ({
      provide: service,
      inject: [TracerManager],
      useFactory: (manager: TracerManager) => new service(manager),
    })),
  ];
  return {
    ...module,
    get providers() {
      return [...providers, ...named()];
    },
    get exports() {
      return [...exports, ...named().map(({ provide }) => provide)];
    },
  };
}
