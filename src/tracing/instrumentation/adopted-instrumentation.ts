import { trace, type TracerProvider } from '@opentelemetry/api';
import { errorText } from '../../pipeline/rate-limited-log.js';
import { activeContext, type FlowContext } from '../../context/flow-context.js';
import { adaptConfig, asksForParent } from './adapted-config.js';
import { CallbackContext } from './callback-context.js';
import type { Instrumentation } from './instrumentation.js';
import { addMember, memberFor, removeMember, type InstrumentationMember } from './instrumentation-router.js';
import { ModulePatches } from './module-patches.js';
import { RoutedTracer } from './routed-tracer.js';

const adopted = new WeakMap<Instrumentation, AdoptedInstrumentation>();

/** An instrumentation at work for one instance or several; it is enabled as long as one of them is. */
export class AdoptedInstrumentation {
  private readonly members = new Set<InstrumentationMember>();
  private readonly patches: ModulePatches;
  private readonly callbacks = new CallbackContext();
  private config: object = {};

  /** One for each instrumentation, whoever names it. */
  static of(instrumentation: Instrumentation): AdoptedInstrumentation {
    let known = adopted.get(instrumentation);
    if (known === undefined)
      adopted.set(instrumentation, (known = new AdoptedInstrumentation(instrumentation)));
    return known;
  }

  private constructor(private readonly instrumentation: Instrumentation) {
    this.patches = new ModulePatches(instrumentation, (moduleName, error) => {
      const [member] = this.members;
      member?.pipeline.log.warn(
        `instrumentation.patch.${this.name}.${moduleName}`,
        `${this.name} cannot patch \`${moduleName}\`, its calls are not traced: ${errorText(error)}`,
      );
    });
  }

  /** @param modules - to be patched though they were imported before */
  join(member: InstrumentationMember, modules: Readonly<Record<string, unknown>>): void {
    if (this.members.has(member)) return;
    this.members.add(member);
    addMember(this.name, member);
    if (this.members.size === 1) this.enable(modules);
  }

  leave(member: InstrumentationMember): void {
    if (!this.members.delete(member)) return;
    removeMember(this.name, member);
    if (this.members.size === 0) this.disable();
  }

  private get name(): string {
    return this.instrumentation.instrumentationName;
  }

  private readonly choose = (context: FlowContext = activeContext()): InstrumentationMember | undefined => {
    const member = memberFor(this.name, context);
    return member !== undefined && this.members.has(member) ? member : undefined;
  };

  private enable(modules: Readonly<Record<string, unknown>>): void {
    const { instrumentation } = this;
    this.config = instrumentation.getConfig();
    // What it patched on its own must be taken back under the configuration that it was patched with.
    instrumentation.disable();
    instrumentation.setConfig(adaptConfig(this.name, this.config, this.choose));
    instrumentation.setTracerProvider(this.provider());
    instrumentation.enable();
    this.patches.apply(modules);
    this.callbacks.bind(this.name, this.patches.modules());
  }

  private disable(): void {
    const { instrumentation } = this;
    this.callbacks.revert();
    instrumentation.disable();
    this.patches.revert();
    instrumentation.setConfig(this.config);
    instrumentation.setTracerProvider(trace.getTracerProvider());
  }

  private provider(): TracerProvider {
    const requiresParent = asksForParent(this.config);
    return {
      getTracer: (name, version) => new RoutedTracer(name, version, this.choose, () => requiresParent),
    };
  }
}
