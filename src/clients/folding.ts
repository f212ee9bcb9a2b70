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

/** The figures of counted calls, in seconds, with the context and attributes of the first one. */
interface Tally {
  readonly context: FlowContext;
  readonly instance: RecordingInstance;
  readonly attributes: Attributes;
  count: number;
  sum: number;
  min: number;
  max: number;
  /** When the first call began and the last one ended, in milliseconds since the epoch. */
  start: number;
  end: number;
}

/** Repeated calls of one name below one span. */
export class Repeats {
  begun = 0;
  flushMillis = DEFAULT_FLUSH_MILLIS;
  private tally: Tally | undefined;

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
    const tally = (this.tally ??= {
      ...{ context, instance, attributes: attributes() },
      ...{ count: 0, sum: 0, min: Infinity, max: 0, start, end: 0 },
    });
    tally.start = Math.min(tally.start, start);
    tally.end = Math.max(tally.end, start + seconds * 1000);
    tally.count += 1;
    tally.sum += seconds;
    tally.min = Math.min(tally.min, seconds);
    tally.max = Math.max(tally.max, seconds);
    // Below a parent that is not sampled, a call would have made no span either.
    if (isSampled(this.family.parent)) instance.pipeline.pool.folded += 1;
    this.family.wait(this.flushMillis);
  }

  sendFolded(): void {
    const { tally } = this;
    if (tally === undefined) return;
    this.tally = undefined;
    const { context, instance, attributes, count, sum, min, max } = tally;
    const span = instance.manager.getTracer().startSpan(
      `${this.name} ×${count}`,
      {
        kind: SpanKind.CLIENT,
        startTime: tally.start,
        attributes: {
          ...Object.fromEntries(Object.entries(attributes).filter(([key]) => !SINGLE.test(key))),
          'nestjs.folded.count': count,
          'nestjs.folded.duration.sum': sum,
          'nestjs.folded.duration.min': min,
          'nestjs.folded.duration.max': max,
        },
      },
      context,
    );
    span.end(tally.end);
  }
}

function isSampled(span: RecordingSpan): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
