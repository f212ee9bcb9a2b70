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

/** One instance's instrumentation of a library. */
interface Contribution {
  readonly instrumentation: Instrumentation;
  readonly modules: HandedModules;
  readonly adapted: object;
  readonly requiresParent: boolean;
}

const adopted = new Map<string, AdoptedInstrumentation>();

/**
 * The instrumentation of one library, active for every instance that lists it.
 *
 * Two instrumentation objects for one library would undo each other's patches. So one object patches for
 * all instances, and each call uses the tracer and configuration of its flow's instance. The patches stay
 * as long as any instance uses them.
 */
export class AdoptedInstrumentation {
  private readonly contributions = new Map<InstrumentedInstance, Contribution>();
  private undo: (() => void) | undefined;
  private patches: ModulePatches | undefined;

  /** Returns the instrumentation of a library; there is one per library, shared by all instances. */
  static of(name: string): AdoptedInstrumentation {
    let known = adopted.get(name);
    if (known === undefined) adopted.set(name, (known = new AdoptedInstrumentation(name)));
    return known;
  }

  private constructor(private readonly name: string) {}

  /**
   * Adds an instance that uses the instrumentation.
   *
   * @param modules - modules to patch that were imported before
   */
  join(instance: InstrumentedInstance, instrumentation: Instrumentation, modules: HandedModules): void {
    // This object may be the one that patches for all instances, so it is taken down before its
    // configuration is restored.
    this.takeDown();
    const config = instrumentation.getConfig();
    // Patches must be removed with the configuration that they were applied with.
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

  /** Returns the modules that the instrumentation is made for, if none of them is patched. */
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
   * Instruments modules explicitly: OpenInference's instrumentations do not list their modules and must be
   * handed the module itself.
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
        // A class passed alone stands for its module.
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
