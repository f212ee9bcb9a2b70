import {
  propagation,
  ROOT_CONTEXT,
  trace,
  type Baggage,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { Flow, FlowContext } from './flow-context.js';

/**
 * Where trace context is written to or read from: plain header objects, a message's properties, or anything with `get` and
 * `set` such as `Headers` and `Map`.
 */
export type Carrier = Record<string, unknown> | CarrierMap;

interface CarrierMap {
  get(key: string): unknown;
  set(key: string, value: string): unknown;
  keys(): Iterable<string>;
}

/** What a carrier said about the caller. */
export interface RemoteContext {
  readonly spanContext: SpanContext | undefined;
  readonly baggage: Baggage | undefined;
}

/** `traceparent`, `tracestate` and `baggage`. */
export const W3C_PROPAGATOR: TextMapPropagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
});

const setter: TextMapSetter<Carrier> = {
  set(carrier, key, value) {
    if (isMap(carrier)) carrier.set(key, value);
    else carrier[key] = value;
  },
};

const getter: TextMapGetter<Carrier> = {
  keys: (carrier) => (isMap(carrier) ? [...carrier.keys()] : Object.keys(carrier)),
  get(carrier, key) {
    const value = isMap(carrier) ? carrier.get(key) : carrier[key];
    if (Array.isArray(value)) return value.map(String);
    if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
    return typeof value === 'string' ? value : undefined;
  },
};

/** Writes the context's span and baggage into the carrier. */
export function injectContext(propagator: TextMapPropagator, context: FlowContext, carrier: Carrier): void {
  propagator.inject(context, carrier, setter);
}

/** Reads a carrier; anything malformed counts as absent. Never throws. */
export function extractRemote(propagator: TextMapPropagator, carrier: Carrier): RemoteContext {
  try {
    const context = propagator.extract(ROOT_CONTEXT, carrier, getter);
    return { spanContext: trace.getSpanContext(context), baggage: propagation.getBaggage(context) };
  } catch {
    return { spanContext: undefined, baggage: undefined };
  }
}

/** A context whose spans continue the caller's trace and carry its baggage. */
export function contextFrom(remote: RemoteContext): FlowContext {
  const span = remote.spanContext === undefined ? undefined : trace.wrapSpanContext(remote.spanContext);
  return new FlowContext(span, new Flow(undefined, remote.baggage, undefined, undefined));
}

function isMap(carrier: Carrier): carrier is CarrierMap {
  return typeof carrier.set === 'function' && typeof carrier.get === 'function';
}
