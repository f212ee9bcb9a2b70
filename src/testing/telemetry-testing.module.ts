import { Inject, Module, Optional, type DynamicModule } from '@nestjs/common';
import { TelemetryConfigError } from '../errors.js';
import { instanceModule } from '../nest/module/instance-module.js';
import type { TelemetryModuleOptions } from '../nest/instance/telemetry-options.js';
import { TELEMETRY_INSTANCE_ID, TELEMETRY_OPTIONS } from '../nest/metadata/tokens.js';
import { SpanRecorder } from './span-recorder.js';

/**
 * Telemetry for tests. It records everything in memory: nothing leaves the process and no timer runs. Apps
 * share nothing, so tests can run in parallel and many apps can import one module. Get the
 * {@link SpanRecorder} from the testing module.
 */
@Module({})
export class TelemetryTestingModule {
  /** @internal */
  constructor(@Optional() @Inject(TELEMETRY_INSTANCE_ID) instance: symbol | undefined) {
    if (instance !== undefined) return;
    throw new TelemetryConfigError({
      path: 'TelemetryTestingModule',
      expected: 'imported by a call of `forRoot`',
      remedy: 'Write `TelemetryTestingModule.forRoot()`.',
    });
  }

  /**
   * Creates an instance that records its spans in a {@link SpanRecorder}.
   *
   * @param options - the options of the real module. Defaults differ: the instance is global, and its
   *   service is named `test`
   */
  static forRoot(options: TelemetryModuleOptions = {}): DynamicModule {
    return instanceModule({
      module: TelemetryTestingModule,
      isGlobal: options.isGlobal !== false,
      options: {
        provide: TELEMETRY_OPTIONS,
        inject: [SpanRecorder],
        useFactory: (recorder: SpanRecorder): TelemetryModuleOptions => ({
          service: { name: 'test' },
          ...options,
          exporter: recorder,
        }),
      },
      // Each app creates its own recorder, since many apps may import one module.
      providers: [{ provide: SpanRecorder, useFactory: () => new SpanRecorder() }],
      exports: [SpanRecorder],
    });
  }
}
