import { ROOT_CONTEXT, trace, type Span, type SpanOptions, type TimeInput } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, type IdGenerator, type ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** A moment that reads the same in every expectation. */
const START = Date.UTC(2026, 10, 20, 14, 3, 22, 123);

/** Ids that count up, shared by what belongs to one trace. */
export class CountingIds implements IdGenerator {
  private spans = 0;
  private traces = 0;
  generateTraceId = (): string => (++this.traces).toString(16).padStart(32, '0');
  generateSpanId = (): string => (++this.spans).toString(16).padStart(16, '0');
}

/** Spans with fixed times, handed to `accept` when they end. */
export interface Tracing {
  /** @param atMillis - after {@link START} */
  start(name: string, atMillis: number, options?: SpanOptions & { parent?: Span }): Span;
}

/** A real SDK provider whose ended spans go straight to a sink. */
export function tracingInto(
  accept: (span: ReadableSpan) => void,
  service = 'orders',
  ids: IdGenerator = new CountingIds(),
): Tracing {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    idGenerator: ids,
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd: accept,
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  });
  const tracer = provider.getTracer('tests', '1.0.0');
  return {
    start(name, atMillis, { parent, ...options } = {}) {
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
      return tracer.startSpan(name, { ...options, startTime: START + atMillis }, context);
    },
  };
}

/** A time that `span.end` takes, after {@link START}. */
export function at(millis: number): TimeInput {
  return START + millis;
}
