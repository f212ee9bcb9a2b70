import {
  createContextKey,
  createTraceState,
  isSpanContextValid,
  trace,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';

const TRACE_PARENT = 'traceparent';
const TRACE_STATE = 'tracestate';

/** Matches version, trace id, span id, flags, and the additions of later versions. */
const FORMAT = /^\s?((?!ff)[\da-f]{2})-((?!0{32})[\da-f]{32})-((?!0{16})[\da-f]{16})-([\da-f]{2})(-.*)?\s?$/;

/**
 * The SDK's key for suppressed tracing. Keys are global symbols, so it is the same in every copy of the
 * SDK.
 */
export const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * Reads and writes `traceparent` and `tracestate`.
 *
 * @see {@link https://www.w3.org/TR/trace-context/ | W3C Trace Context}
 */
export class TraceContextPropagator implements TextMapPropagator {
  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    const spanContext = trace.getSpanContext(context);
    if (spanContext === undefined || !isSpanContextValid(spanContext)) return;
    if (context.getValue(SUPPRESS_TRACING) === true) return;
    const { traceId, spanId, traceFlags, traceState } = spanContext;
    const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
    setter.set(carrier, TRACE_PARENT, `00-${traceId}-${spanId}-${flags}`);
    if (traceState !== undefined) setter.set(carrier, TRACE_STATE, traceState.serialize());
  }

  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    const parent = getter.get(carrier, TRACE_PARENT);
    const match = FORMAT.exec((Array.isArray(parent) ? parent[0] : parent) ?? '');
    // Version 00 ends after its flags; additions of later versions are ignored.
    if (match === null || (match[1] === '00' && match[5] !== undefined)) return context;
    const state = getter.get(carrier, TRACE_STATE);
    // Several `tracestate` headers form one list.
    const list = Array.isArray(state) ? state.join(',') : state;
    return trace.setSpanContext(context, {
      traceId: match[2] as string,
      spanId: match[3] as string,
      traceFlags: Number.parseInt(match[4] as string, 16),
      isRemote: true,
      ...(list ? { traceState: createTraceState(list) } : {}),
    });
  }

  fields(): string[] {
    return [TRACE_PARENT, TRACE_STATE];
  }
}
