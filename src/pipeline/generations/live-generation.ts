import type { ResolvedTracerConfig } from '../../config/resolve-config.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import { changedOptions, type ReconfigureReport } from './config-change.js';
import type { Generation } from './generation.js';
import type { GenerationLife } from './generation-life.js';

/**
 * The generation for new flows, and the one that waits behind an override.
 *
 *     swap           current ──▶ closed when drained;   the new one ──▶ current
 *     override       current ──▶ beneath, stays open;   the new one ──▶ current
 *     end override   current ──▶ closed when drained;   rebuilt, else beneath ──▶ current
 *
 * A generation is replaced only after its successor is complete, so a failed change changes nothing.
 */
export class LiveGeneration {
  current: Generation | undefined;
  /** The generation behind an override. It stays open, since exporters of the app cannot be reopened. */
  private beneath: Generation | undefined;

  /** @param onChange - called whenever the current generation has changed, except by {@link leave} */
  constructor(
    private readonly life: GenerationLife,
    private readonly onChange: () => void,
  ) {}

  /** The generation of the configuration that is not overridden. */
  get configured(): Generation | undefined {
    return this.beneath ?? this.current;
  }

  /** Replaces the current generation, and ends an override. @throws TelemetryConfigError */
  async swap(given: TracerConfig, resolved: ResolvedTracerConfig): Promise<ReconfigureReport> {
    const { previous, next } = await this.replace(given, resolved);
    const { beneath } = this;
    this.beneath = undefined;
    if (beneath !== undefined) void this.life.closeReplaced(beneath);
    return {
      generation: next.number,
      changed: changedOptions(previous?.config, next.config),
      draining: previous?.live ?? 0,
      drained: previous === undefined ? Promise.resolve(0) : this.life.closeReplaced(previous),
    };
  }

  /** Puts a generation in front of the current one. @throws TelemetryConfigError */
  async override(given: TracerConfig, resolved: ResolvedTracerConfig): Promise<void> {
    const { previous } = await this.replace(given, resolved);
    if (previous === undefined) return;
    if (this.beneath === undefined) this.beneath = previous;
    else void this.life.closeReplaced(previous);
  }

  /**
   * Ends an override. The configuration behind it is built again.
   *
   * @throws the error of a failed build; the generation behind the override is current then
   */
  async endOverride(
    configured: () => { readonly given: TracerConfig; readonly resolved: ResolvedTracerConfig },
  ): Promise<void> {
    const { current, beneath } = this;
    if (current === undefined || beneath === undefined) return;
    try {
      const { given, resolved } = configured();
      await this.swap(given, resolved);
    } catch (error) {
      this.beneath = undefined;
      this.enter(beneath);
      void this.life.closeReplaced(current);
      throw error;
    }
  }

  /** Forgets the generations before a shutdown, which closes them. */
  leave(): void {
    this.current = undefined;
    this.beneath = undefined;
  }

  private async replace(
    given: TracerConfig,
    resolved: ResolvedTracerConfig,
  ): Promise<{ readonly previous: Generation | undefined; readonly next: Generation }> {
    const previous = this.current;
    const next = await this.life.build(given, resolved);
    this.enter(next);
    return { previous, next };
  }

  private enter(generation: Generation): void {
    this.current = generation;
    this.onChange();
  }
}
