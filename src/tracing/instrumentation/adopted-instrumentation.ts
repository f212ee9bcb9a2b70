import { metrics, trace } from '@opentelemetry/api';
import { activeContext, type FlowContext } from '../../context/flow-context.js';
import { errorText } from '../../base/rate-limited-log.js';
import { APP_LOGGER_PROVIDER } from './app-logger-provider.js';
import { adaptConfig, asksForParent } from './adapted-config.js';
import { FlowKeeper } from './flow-keeper.js';
import type { Instrumentation } from './instrumentation.js';
import { chooseInstance, type InstrumentedInstance } from './instrumented-instance.js';
import { ModulePatches, type HandedModules } from './module-patches.js';
import { RoutedMeter } from './routed-meter.js';
import { RoutedTracer } from './routed-tracer.js';

/** The instrumentation of one instance. */
interface Contribution {
  readonly instrumentation: Instrumentation;
  readonly modules: HandedModules;
  readonly adapted: object;
  readonly requiresParent: boolean;
}

const adopted = new Map<string, AdoptedInstrumentation>();

/**
 * The instrumentation of one library at work for every instance that named it.
 *
 * Two objects for one library would undo each other's patches, so that one of them patches for all: each
 * call gets the tracer and the configuration of the instance in whose flow it is made. It is enabled as
 * long as there is an instance.
 */
export class AdoptedInstrumentation {
  private readonly contributions = new Map<InstrumentedInstance, Contribution>();
  private undo: (() => void) | undefined;
  private patches: ModulePatches | undefined;

  /** One for each library, however many instances name it. */
  static of(name: string): AdoptedInstrumentation {
    let known = adopted.get(name);
    if (known === undefined) adopted.set(name, (known = new AdoptedInstrumentation(name)));
    return known;
  }

  private constructor(private readonly name: string) {}

  /** @param modules - to be patched though they were imported before */
  join(instance: InstrumentedInstance, instrumentation: Instrumentation, modules: HandedModules): void {
    // First, since it may be the one that patches for others: its configuration is its own again then.
    this.takeDown();
    const config = instrumentation.getConfig();
    // Its own patches must be taken back under the configuration that they were made with.
    instrumentation.disable();
    this.contributions.set(instance, {
      instrumentation,
      modules,
      adapted: adaptConfig(this.name, config, this.choose),
      requiresParent: asksForParent(config),
    });
    this.putUp();
  }

  release(instance: InstrumentedInstance): void {
    if (!this.contributions.has(instance)) return;
    this.takeDown();
    this.contributions.delete(instance);
    this.putUp();
  }

  /** The modules that it is made for, if none of them is patched. */
  missingModules(): string[] {
    return this.patches?.isEmpty === true ? this.patches.wanted() : [];
  }

  private readonly choose = (context: FlowContext = activeContext()): InstrumentedInstance | undefined =>
    chooseInstance([...this.contributions.keys()], context);

  private putUp(): void {
    const [first] = this.contributions.values();
    if (first === undefined) return;
    const { instrumentation } = first;
    const config = instrumentation.getConfig();
    const patches = (this.patches = new ModulePatches(instrumentation, this.report));
    const keeper = new FlowKeeper();
    const undoMetrics: (() => void)[] = [];
    this.undo = () => {
      keeper.revert();
      instrumentation.disable();
      patches.revert();
      Reflect.deleteProperty(instrumentation, 'getConfig');
      instrumentation.setConfig(config);
      instrumentation.setTracerProvider(trace.getTracerProvider());
      instrumentation.setMeterProvider?.(metrics.getMeterProvider());
      for (const undo of undoMetrics) undo();
    };
    instrumentation.setConfig(first.adapted);
    instrumentation.getConfig = () => this.contributionTo(activeContext())?.adapted ?? first.adapted;
    instrumentation.setTracerProvider({
      getTracer: (name, version) =>
        new RoutedTracer(
          name,
          version,
          this.choose,
          (instance) => this.contributions.get(instance)?.requiresParent === true,
        ),
    });
    const routing = { choose: this.choose, instances: () => [...this.contributions.keys()] };
    instrumentation.setMeterProvider?.({
      getMeter: (name, version) => new RoutedMeter(name, version, routing, (undo) => undoMetrics.push(undo)),
    });
    instrumentation.setLoggerProvider?.(APP_LOGGER_PROVIDER);
    instrumentation.enable();
    const handed = [...this.contributions.values()].map(({ modules }) => modules);
    for (const modules of handed) {
      patches.patchModules(modules);
      this.instrumentByHand(instrumentation, modules);
    }
    keeper.keep(this.name, patches.modules(), handed);
  }

  /**
   * Instrumentations of OpenInference tell nobody what they patch: they take the module
   * itself, or patch nothing.
   */
  private instrumentByHand(instrumentation: Instrumentation, modules: HandedModules): void {
    if (
      instrumentation.manuallyInstrument === undefined ||
      instrumentation.getModuleDefinitions !== undefined
    )
      return;
    const given = Object.entries(modules);
    if (given.length === 0) {
      const [instance] = this.contributions.keys();
      instance?.pipeline.log.warn(
        `instrumentation.modules.${this.name}`,
        `${this.name} makes no spans: it patches only modules that it is given. ` +
          'Pass `{ instrumentation, modules: { openai } }` with the module that you import.',
      );
    }
    for (const [name, module] of given) {
      try {
        // A class alone stands for its module.
        const isClass = typeof module === 'function' && !Reflect.has(module, module.name);
        instrumentation.manuallyInstrument(isClass ? { [module.name]: module, default: module } : module);
      } catch (error) {
        this.report(name, error);
      }
    }
  }

  private takeDown(): void {
    const { undo } = this;
    this.undo = this.patches = undefined;
    undo?.();
  }

  private contributionTo(context: FlowContext): Contribution | undefined {
    const instance = this.choose(context);
    return instance && this.contributions.get(instance);
  }

  private readonly report = (moduleName: string, error: unknown): void => {
    const [instance] = this.contributions.keys();
    instance?.pipeline.log.warn(
      `instrumentation.patch.${this.name}.${moduleName}`,
      `${this.name} cannot patch \`${moduleName}\`, its calls are not traced: ${errorText(error)}`,
    );
  };
}
