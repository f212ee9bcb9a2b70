import { SpanKind, TraceFlags, type Attributes } from '@opentelemetry/api';
import type { FoldingConfig } from '../config/clients-config.js';
import type { FlowContext } from '../context/flow-context.js';
import { runAsExport } from '../context/export-context.js';
import { epochMillis } from '../tracing/clock.js';
import type { RecordingSpan } from '../tracing/recording-span.js';
import type { RecordingInstance } from './recording-instance.js';

/** The most names that are counted below one parent; calls with further names are recorded one by one. */
const MAX_NAMES = 100;
const DEFAULT_AFTER = 10;
const DEFAULT_FLUSH_MILLIS = 5_000;

/** Attributes that only apply to a single call. */
const SINGLE = /^db\.(response\.returned_rows|query\.parameter\.|client\.connection\.wait_time)/;

/** The families with counts that were not sent yet. */
const waiting = new Set<Family>();

/**
 * Counts a call that begins below `parent`.
 *
 * @returns the repeats that the call is added to when it ends; nothing for the first calls, which are
 *   recorded one by one
 */
export function repeatsOf(parent: RecordingSpan, name: string, config: FoldingConfig): Repeats | undefined {
  const family = (parent.callsBelow ??= new Family(parent)) as Family;
  const repeats = family.of(name);
  if (repeats === undefined) return undefined;
  repeats.begun += 1;
  repeats.flushMillis = config.flushMillis ?? DEFAULT_FLUSH_MILLIS;
  return repeats.begun > (config.after ?? DEFAULT_AFTER) ? repeats : undefined;
}

/** Sends the counts of an instance. */
export function sendRepeats(instance: Pick<RecordingInstance, 'pipeline'>): void {
  for (const family of [...waiting]) {
    if (family.parent.generation.pipeline === instance.pipeline) family.sendAll();
  }
}

/** The calls below one span. */
class Family {
  private readonly names = new Map<string, Repeats>();
  private timer: NodeJS.Timeout | undefined;

  constructor(readonly parent: RecordingSpan) {
    parent.beforeEnd(() => {
      this.sendAll();
    });
  }

  of(name: string): Repeats | undefined {
    let repeats = this.names.get(name);
    if (repeats === undefined && this.names.size < MAX_NAMES) {
      this.names.set(name, (repeats = new Repeats(name, this)));
    }
    return repeats;
  }

  /** Schedules the sending, within the given time. */
  wait(millis: number): void {
    if (this.timer !== undefined) return;
    waiting.add(this);
    // The timer runs outside of the flow, so as not to keep it in memory.
    this.timer = runAsExport(() =>
      setTimeout(() => {
        this.sendAll();
      }, millis),
    );
    this.timer.unref();
  }

  sendAll(): void {
    waiting.delete(this);
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const repeats of this.names.values()) repeats.sendFolded();
  }
}

/** Repeated calls of one name below one span. */
export class Repeats {
  begun = 0;
  flushMillis = DEFAULT_FLUSH_MILLIS;
  private sum = 0;
  private min = Infinity;
  private max = 0;
  private count = 0;
  private firstStart = 0;
  private lastEnd = 0;
  private first:
    | { readonly context: FlowContext; readonly instance: RecordingInstance; readonly attributes: Attributes }
    | undefined;

  constructor(
    private readonly name: string,
    private readonly family: Family,
  ) {}

  add(
    context: FlowContext,
    instance: RecordingInstance,
    attributes: () => Attributes,
    startMonotonic: number,
    seconds: number,
  ): void {
    const start = epochMillis(startMonotonic);
    if (this.first === undefined) {
      this.first = { context, instance, attributes: attributes() };
      this.firstStart = start;
    }
    this.firstStart = Math.min(this.firstStart, start);
    this.lastEnd = Math.max(this.lastEnd, start + seconds * 1000);
    this.count += 1;
    this.sum += seconds;
    this.min = Math.min(this.min, seconds);
    this.max = Math.max(this.max, seconds);
    // Below a parent that is not sampled, a call would have made no span either.
    if (isSampled(this.family.parent)) instance.pipeline.pool.folded += 1;
    this.family.wait(this.flushMillis);
  }

  sendFolded(): void {
    const { first, count } = this;
    if (first === undefined) return;
    const { context, instance, attributes } = first;
    const span = instance.manager.getTracer().startSpan(
      `${this.name} ×${count}`,
      {
        kind: SpanKind.CLIENT,
        startTime: this.firstStart,
        attributes: {
          ...Object.fromEntries(Object.entries(attributes).filter(([key]) => !SINGLE.test(key))),
          'nestjs.folded.count': count,
          'nestjs.folded.duration.sum': this.sum,
          'nestjs.folded.duration.min': this.min,
          'nestjs.folded.duration.max': this.max,
        },
      },
      context,
    );
    span.end(this.lastEnd);
    this.first = undefined;
    this.count = 0;
    this.sum = 0;
    this.min = Infinity;
    this.max = 0;
    this.lastEnd = 0;
  }
}

function isSampled(span: RecordingSpan): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
