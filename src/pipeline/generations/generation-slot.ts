import type { ResolvedTracerConfig } from '../../config/resolve-config.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { FlowTarget } from '../../context/flow-context.js';
import { isSpanExporter } from '../is-span-exporter.js';
import { checkTls } from '../../otlp/endpoint.js';
import type { Generation } from './generation.js';

/** The part of a pipeline that a slot needs. */
export interface GenerationBuilder {
  /** Whether a configuration is active. Nothing is built before the first one, or after a shutdown. */
  readonly running: boolean;
  /** Builds a generation synchronously; its connections open later. */
  buildNow(given: TracerConfig, resolved: ResolvedTracerConfig): Generation;
  /** Closes a generation after its spans have ended. */
  closeEvicted(generation: Generation): Promise<number>;
}

/**
 * A configuration beside the current one. Its generation is built on first use, closed after a long idle
 * time, and rebuilt if needed again.
 */
export class GenerationSlot implements FlowTarget<Generation> {
  /** The time of the last use, on the monotonic clock, in milliseconds. */
  lastUsed = performance.now();
  private generation: Generation | undefined;

  /** @throws TelemetryConfigError for an unreadable certificate */
  constructor(
    private readonly builder: GenerationBuilder,
    readonly given: TracerConfig,
    private readonly resolved: ResolvedTracerConfig,
    /** Called when the slot builds its generation, so that an evicted slot returns to its cache. */
    private readonly onUse: (slot: GenerationSlot) => void,
  ) {
    // Certificates are checked here, since connections open later, when no caller can be told.
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

  /** Whether no span of the slot's generation is running. */
  get idle(): boolean {
    return this.generation === undefined || this.generation.live === 0;
  }

  /** Delivers the remaining spans and closes the generation, after its running spans have ended. */
  async close(): Promise<void> {
    const { generation } = this;
    this.generation = undefined;
    if (generation !== undefined && !generation.closed) await this.builder.closeEvicted(generation);
  }
}
