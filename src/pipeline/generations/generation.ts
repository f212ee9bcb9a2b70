/*
 * The life of a generation, which is one configuration of a pipeline:
 *
 *   reconfigure(), override() ─ build() ──▶ current ───┐ replaced (`live-generation.ts`)
 *                                                      ├──▶ draining ── last span ended ──▶ closed
 *   tenant, temporary config ──▶ GenerationSlot        │      (or too many drain: the oldest is closed)
 *      first use: buildNow() ──▶ beside current ───────┘
 *         ▲                         │ idle, or too many: evicted
 *         └──── used again ─────────┘
 *
 *   StandIns ──▶ holding (spans wait for a tenant's look-up), dropping (spans go nowhere); never closed
 *
 * `GenerationLife` builds and closes generations and leases their exporters from the `SinkPool`, so that
 * generations with equal exporters share one queue. `live` counts the spans that have begun or
 * were adopted, and have not ended or been released.
 *
 * Invariant: a span ends in the generation that it began in, under that generation's sampler, limits, mask
 * and exporters. Two exceptions move a span: a server span starts in a provisional generation, counted by
 * `adopt` and `release`; a span of a "holding" stand-in is handed to its real generation by `receive`.
 */
import { inspect } from 'node:util';
import { ROOT_CONTEXT, TraceFlags, type Context } from '@opentelemetry/api';
import { resourceFromAttributes, type Resource } from '../../sdk/resource.js';
import { SamplingDecision } from '../../sdk/sampler.js';
import type { SdkSpan as Span } from '../../sdk/readable-span.js';
import type { SpanLimits } from '../../sdk/span-limits.js';
import type { SpanProcessor } from '../../sdk/span-processor.js';
import type { ResolvedTracerConfig } from '../../config/resolve-config.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { FlowPipeline } from '../../context/flow-context.js';
import type { Propagation } from '../../context/propagation.js';
import { errorText, type RateLimitedLog } from '../../base/rate-limited-log.js';
import type { HeadSampler } from '../sampling/head-sampler.js';
import { SpanMask, type MaskableSpan } from '../masking/mask.js';
import { createSampler } from '../sampling/sampler.js';
import type { SpanSink } from '../span-sink.js';
import { tell } from '../../base/user-function.js';
import { withinTime } from '../../base/within-time.js';

/** A span that is about to end: still writable, and readable by exporters later. */
export type EndingSpan = Span & MaskableSpan & { ended: boolean; generation: Generation };

/**
 * Observes the sampled spans of a pipeline: unmasked at their start, masked at their end. Must not throw.
 */
export interface SpanWatch {
  started(span: EndingSpan): void;
  ended(span: EndingSpan): void;
}

/** Holds the observer of a pipeline's spans; only devtools sets one. */
export interface WatchedSpans {
  readonly watch: SpanWatch | undefined;
}

/** A pipeline as its generations know it. */
export interface GenerationPipeline extends FlowPipeline<Generation> {
  /** Whether the pipeline is configured. */
  readonly configured: boolean;
  readonly propagation: Propagation;
  drop(reason: 'generation_closed', spans: number): void;
}

/**
 * One configuration of a pipeline, complete and immutable: resource, sampler, limits, processors and
 * exporters.
 *
 * A span belongs to the generation in which it started. The generation stays open until its last span has
 * ended.
 */
export class Generation {
  readonly resource: Resource;
  readonly sampler: HeadSampler;
  readonly spanLimits: Required<SpanLimits>;
  /** Whether attributes keep objects and nested arrays. */
  readonly structuredAttributes: boolean;
  readonly mask: SpanMask;
  readonly enabled: boolean;
  /** The number of spans that are running. */
  live = 0;
  ended = 0;
  /** Whether spans that end are dropped. */
  closed = false;
  readonly processors: readonly SpanProcessor[];
  private onDrained: (() => void) | undefined;

  constructor(
    /** The pipeline that the generation belongs to. */
    readonly pipeline: GenerationPipeline,
    /** The number of the generation in its pipeline, from 1. */
    readonly number: number,
    /** The configuration as given, without defaults and environment. */
    readonly given: TracerConfig,
    readonly config: ResolvedTracerConfig,
    private readonly sinks: readonly SpanSink[],
    readonly log: RateLimitedLog,
    /** Called for each span that ends after the generation was closed. */
    private readonly onLateSpan: () => void,
    private readonly watched: WatchedSpans,
  ) {
    this.enabled = config.enabled;
    this.sampler = createSampler(config.sampler, (error) => {
      log.warn('sampler', `The sampler threw, its spans are kept: ${errorText(error)}`);
    });
    this.spanLimits = config.spanLimits;
    this.structuredAttributes = config.structuredAttributes;
    this.mask = new SpanMask(config.masking);
    this.resource = resourceFromAttributes(this.mask.masked(config.resourceAttributes));
    this.processors = config.spanProcessors;
  }

  startSpan(span: EndingSpan, parentContext: Context): void {
    this.live += 1;
    for (const processor of this.processors) {
      this.guard('onStart', () => processor.onStart(span, parentContext));
    }
    this.watched.watch?.started(span);
  }

  /**
   * Keeps the generation open for a span that may move to another one, such as a server span whose instance
   * is not known yet.
   */
  adopt(): void {
    this.live += 1;
  }

  /** Ends {@link adopt} when the span's generation is known. */
  release(): void {
    this.live -= 1;
    if (this.live === 0) this.onDrained?.();
  }

  endSpan(span: EndingSpan): void {
    for (const processor of this.processors) {
      if (processor.onEnding !== undefined) this.guard('onEnding', () => processor.onEnding?.(span));
    }
    span.ended = true;
    this.live -= 1;
    this.ended += 1;
    if (this.closed) {
      this.onLateSpan();
      return;
    }
    this.deliver(span);
    if (this.live === 0) this.onDrained?.();
  }

  /**
   * Takes an ended span that started in another generation, if this generation's sampler keeps its trace.
   */
  receive(span: EndingSpan): void {
    const { name, kind, attributes, links } = span;
    const { traceId } = span.spanContext();
    const { decision } = this.sampler.sample(undefined, ROOT_CONTEXT, traceId, name, kind, attributes, links);
    if (decision !== SamplingDecision.RECORD_AND_SAMPLED) return;
    span.generation = this;
    this.ended += 1;
    if (this.closed) this.onLateSpan();
    else this.deliver(span);
  }

  private deliver(span: EndingSpan): void {
    const sampled = (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
    if (!sampled && this.processors.length === 0) return;
    try {
      this.mask.maskSpan(span);
    } catch (error) {
      this.log.warn('masking', `A span could not be masked, so that it goes out empty: ${errorText(error)}`);
    }
    for (const processor of this.processors) this.guard('onEnd', () => processor.onEnd(span));
    if (!sampled) return;
    this.watched.watch?.ended(span);
    for (const sink of this.sinks) sink.acceptSpan(span);
  }

  /** Calls back when no span is running: at once, or when the last one ends. */
  whenDrained(callback: () => void): void {
    if (this.live === 0) callback();
    else this.onDrained = callback;
  }

  /** Closes the generation. Spans that end later count as late and are dropped. */
  close(): void {
    this.closed = true;
    this.onDrained?.();
    this.onDrained = undefined;
  }

  /** Hides the fields when a span is printed, since they lead to credentials. */
  toJSON(): object {
    return { generation: this.number, service: this.config.service.name };
  }

  [inspect.custom](): string {
    return `Generation ${this.number} of ${this.config.service.name}`;
  }

  /** Flushes the processors, each for at most the time of one export. */
  async flushProcessors(): Promise<void> {
    await this.eachProcessor('forceFlush', this.processors, this.config.batch.exportTimeoutMillis);
  }

  /**
   * Shuts down the processors that no other generation uses.
   *
   * @param kept - processors that another generation still uses
   * @param timeoutMillis - the longest wait for a processor, in milliseconds
   */
  async shutdownProcessors(kept: ReadonlySet<SpanProcessor>, timeoutMillis: number): Promise<void> {
    const own = this.processors.filter((processor) => !kept.has(processor));
    await this.eachProcessor('shutdown', own, timeoutMillis);
  }

  private async eachProcessor(
    method: 'forceFlush' | 'shutdown',
    processors: readonly SpanProcessor[],
    timeoutMillis: number,
  ): Promise<void> {
    await Promise.all(
      processors.map(async (processor) => {
        try {
          // A processor written in JavaScript may not return a promise.
          await withinTime(Promise.resolve(processor[method]()), timeoutMillis, true);
        } catch (error) {
          this.report(method, error);
        }
      }),
    );
  }

  private guard(method: string, call: () => unknown): void {
    tell(call, (error) => {
      this.report(method, error);
    });
  }

  private report(method: string, error: unknown): void {
    this.log.warn(`processor.${method}`, `A span processor's ${method} threw: ${errorText(error)}`);
  }
}
