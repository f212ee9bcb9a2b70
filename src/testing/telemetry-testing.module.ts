import { Inject, Module, Optional, type DynamicModule } from '@nestjs/common';
import { TelemetryConfigError } from '../errors.js';
import { instanceModule } from '../nest/module/instance-module.js';
import type { TelemetryModuleOptions } from '../nest/instance/telemetry-options.js';
import { TELEMETRY_INSTANCE_ID, TELEMETRY_OPTIONS } from '../nest/metadata/tokens.js';
import { SpanRecorder } from './span-recorder.js';

/**
 * Telemetry for tests: everything is recorded in memory, nothing leaves the process, no timer runs, and apps
 * share nothing, so that tests run in parallel, and one module can be imported by many apps. Get the
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
   * Makes an instance that records its spans in a {@link SpanRecorder}.
   *
   * @param options - as for the real module; global unless `isGlobal: false`, service `test` unless named
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
      // Made by each app: a module may be imported by any number of them.
      providers: [{ provide: SpanRecorder, useFactory: () => new SpanRecorder() }],
      exports: [SpanRecorder],
    });
  }
}
