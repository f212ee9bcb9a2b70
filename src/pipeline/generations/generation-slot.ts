import type { ResolvedTracerConfig } from '../../config/resolve-config.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { FlowTarget } from '../../context/flow-context.js';
import { isSpanExporter } from '../is-span-exporter.js';
import { checkTls } from '../../otlp/endpoint.js';
import type { Generation } from './generation.js';

/** The part of a pipeline that a slot needs. */
export interface GenerationBuilder {
  /**
   * Whether there is a configuration at work at all: nothing is built before the first, or after a shutdown.
   */
  readonly running: boolean;
  /** Builds at once; connections open later. */
  buildNow(given: TracerConfig, resolved: ResolvedTracerConfig): Generation;
  /** Closes a generation once its spans have ended. */
  closeEvicted(generation: Generation): Promise<number>;
}

/**
 * A configuration beside the current one: built on first use, closed when it was idle for long, built again
 * when it is needed after all.
 */
export class GenerationSlot implements FlowTarget {
  /** On the monotonic clock, in milliseconds. */
  lastUsed = performance.now();
  private generation: Generation | undefined;

  /** @throws TelemetryConfigError for certificates that cannot be read */
  constructor(
    private readonly builder: GenerationBuilder,
    readonly given: TracerConfig,
    private readonly resolved: ResolvedTracerConfig,
    /** Called when the slot builds its generation, so that an evicted slot returns to its cache. */
    private readonly onUse: (slot: GenerationSlot) => void,
  ) {
    // Connections open later, when no caller can be told.
    for (const exporter of resolved.exporters) {
      if (!isSpanExporter(exporter) && 'tls' in exporter) checkTls(exporter.tls ?? {});
    }
  }

  current(): Generation | undefined {
    if (!this.builder.running) return undefined;
    this.lastUsed = performance.now();
    if (this.generation === undefined || this.generation.closed) {
      this.generation = this.builder.buildNow(this.given, this.resolved);
      this.onUse(this);
    }
    return this.generation;
  }

  /** Whether no span of it is alive. */
  get idle(): boolean {
    return this.generation === undefined || this.generation.live === 0;
  }

  /** Delivers what its spans left and closes; spans that are alive finish first. */
  async close(): Promise<void> {
    const { generation } = this;
    this.generation = undefined;
    if (generation !== undefined && !generation.closed) await this.builder.closeEvicted(generation);
  }
}
