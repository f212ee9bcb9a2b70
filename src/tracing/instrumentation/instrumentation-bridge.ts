import { errorText } from '../../base/rate-limited-log.js';
import { AdoptedInstrumentation } from './adopted-instrumentation.js';
import type { InstrumentationOption } from './instrumentation.js';
import type { InstrumentedInstance } from './instrumented-instance.js';

/** Instrumentations that need a global context for complete traces, with the alternative for each. */
const HALF_JOINED: Readonly<Record<string, string>> = {
  '@opentelemetry/instrumentation-amqplib':
    'a message makes several traces. Leave it out: RabbitMQ of `@nestjs/microservices` is traced by ' +
    '`entries`.',
  '@opentelemetry/instrumentation-graphql':
    'spans of resolvers stand beside those of the methods that they call. Leave it out: `entries` shows ' +
    'operations and errors, and `@Span` on a resolver its field.',
};

/**
 * Runs an instance's instrumentations without OpenTelemetry globals. Their spans become children of the
 * calling flow, in its instance. They are removed when the instance is disabled or shut down.
 */
export class InstrumentationBridge {
  private live = false;

  constructor(
    private readonly options: readonly InstrumentationOption[],
    private readonly instance: InstrumentedInstance,
  ) {}

  /** Applies a changed configuration. Never throws: a failing instrumentation is left out. */
  follow(): void {
    const enabled = this.instance.pipeline.current?.enabled === true;
    if (enabled === this.live) return;
    this.live = enabled;
    for (const option of this.options) {
      const { instrumentation, modules = {} } =
        'instrumentation' in option ? option : { instrumentation: option };
      try {
        const shared = AdoptedInstrumentation.of(instrumentation.instrumentationName);
        if (enabled) {
          this.warnOfHalf(instrumentation.instrumentationName);
          shared.join(this.instance, instrumentation, modules);
        } else shared.release(this.instance);
      } catch (error) {
        this.instance.pipeline.log.warn(
          `instrumentation.${instrumentation.instrumentationName}`,
          `${instrumentation.instrumentationName} could not be ${enabled ? 'enabled' : 'disabled'}: ` +
            errorText(error),
        );
      }
    }
  }

  /** Logs the instrumentations that found no module, after the app has loaded everything. */
  report(): void {
    if (!this.live) return;
    for (const option of this.options) {
      const { instrumentationName: name } = 'instrumentation' in option ? option.instrumentation : option;
      const missing = AdoptedInstrumentation.of(name).missingModules();
      if (missing.length === 0) continue;
      this.instance.pipeline.log.warn(
        `instrumentation.nothing.${name}`,
        `${name} patches nothing: ${missing.join(', ')} is not among the loaded modules. ` +
          'Remove it, or pass the module: `{ instrumentation, modules: { … } }`.',
      );
    }
  }

  private warnOfHalf(name: string): void {
    const advice = HALF_JOINED[name];
    if (advice !== undefined)
      this.instance.pipeline.log.warn(`half.${name}`, `${name} joins only in part: ${advice}`);
  }
}
