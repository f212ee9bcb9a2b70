import { isFailed, resourceService, type StoredSpan } from './stored-span.js';
import type { StoredTrace } from './stored-trace.js';

/** One failure, described by the span in which it began. */
export interface ErrorEntry {
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  /** The name of the failed span. */
  readonly span: string;
  readonly trace: string;
  readonly time: number;
  readonly type: string | undefined;
  readonly message: string | undefined;
  /**
   * The first line of the stack in the app's own code, such as
   * `OrdersService.load (src/orders.service.ts:12:9)`.
   */
  readonly source: string | undefined;
  readonly stack: string | undefined;
  /** The number of traces that failed in this way; the entry describes the newest one. */
  readonly count: number;
}

/**
 * Returns the causes of failed traces, newest first. Equal causes are counted as one; of a chain of failed
 * spans only the innermost one counts.
 */
export function errorList(traces: readonly StoredTrace[], limit = 100): ErrorEntry[] {
  const entries = new Map<string, ErrorEntry>();
  for (const trace of traces) {
    if (trace.errors === 0) continue;
    for (const span of causes(trace)) {
      const entry = errorEntry(trace, span);
      const key = JSON.stringify([entry.span, entry.type, entry.message, entry.source]);
      const known = entries.get(key);
      entries.set(key, known === undefined ? entry : { ...known, count: known.count + 1 });
    }
  }
  return [...entries.values()].slice(0, limit);
}

/** Returns the failed spans without a failed child. */
function causes(trace: StoredTrace): StoredSpan[] {
  const failed = [...trace.spans.values()].filter(isFailed);
  const parents = new Set(failed.map(({ parentSpanId }) => parentSpanId));
  return failed.filter(({ spanId }) => !parents.has(spanId));
}

function errorEntry(trace: StoredTrace, span: StoredSpan): ErrorEntry {
  const exception = exceptionOf(span);
  const stack = textOf(exception?.['exception.stacktrace']);
  return {
    traceId: trace.traceId,
    spanId: span.spanId,
    service: resourceService(span.resource),
    span: span.name,
    trace: trace.root?.name ?? span.name,
    time: span.end ?? span.start,
    type: textOf(exception?.['exception.type']) ?? textOf(span.attributes['error.type']),
    message: textOf(exception?.['exception.message']) ?? span.status.message,
    source: stack === undefined ? undefined : sourceLine(stack),
    stack,
    count: 1,
  };
}

function exceptionOf({ events, attributes }: StoredSpan): Readonly<Record<string, unknown>> | undefined {
  const event = events.find(({ name }) => name === 'exception');
  return event?.attributes ?? (attributes['exception.type'] === undefined ? undefined : attributes);
}

/** Returns the first stack frame outside of libraries and Node. */
export function sourceLine(stack: string): string | undefined {
  const frames = stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
  const own = frames.find((line) => !/node_modules|node:|<anonymous>/.test(line));
  return own?.trim().slice(3).replace('file://', '');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
