import {
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Baggage,
  type Context,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import { CompositePropagator } from '../sdk/composite-propagator.js';
import { TraceContextPropagator } from '../sdk/trace-context-propagator.js';
import { BaggageBuilder } from './baggage-builder.js';
import { BaggagePropagator } from './baggage-header.js';
import type { BaggageFormats, BaggageRules, InboundRequest } from './baggage-rules.js';
import { activeContext, Flow, FlowContext } from './flow-context.js';
import { compileHosts, type HostFilter } from './host-patterns.js';

/**
 * A place for trace context: a plain object of headers, a message's properties, or an object with `get` and
 * `set` such as `Headers`, `Map` and gRPC's `Metadata`.
 */
export type Carrier =
  | Record<string, unknown>
  | {
      get(key: string): unknown;
      set(key: string, value: string): unknown;
      keys?(): Iterable<string>;
    };

interface CarrierMap {
  get(key: string): unknown;
  set(key: string, value: string): unknown;
  keys?(): Iterable<string>;
}

/** The caller's context, read from a carrier. */
export interface RemoteContext {
  readonly spanContext: SpanContext | undefined;
  readonly baggage: Baggage | undefined;
}

const setter: TextMapSetter<Carrier> = {
  set(carrier, key, value) {
    if (isMap(carrier)) carrier.set(key, value);
    else carrier[key] = value;
  },
};

const getter: TextMapGetter<Carrier> = {
  keys: (carrier) => (isMap(carrier) && carrier.keys ? [...carrier.keys()] : Object.keys(carrier)),
  get(carrier, key) {
    const value = isMap(carrier) ? carrier.get(key) : carrier[key];
    if (Array.isArray(value)) return value.map(String);
    if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
    return typeof value === 'string' ? value : undefined;
  },
};

/** A format for trace context or baggage in a carrier. */
export interface PropagationFormat {
  readonly propagator: TextMapPropagator;
  /** The headers of the trace context; at least one is present if the carrier has any in this format. */
  readonly headers: readonly string[];
  /** The format's baggage headers: one `baggage` header (`w3c`), or `uberctx-…` headers (`jaeger`). */
  readonly baggage?: 'w3c' | 'jaeger';
}

/** The W3C format: `traceparent` and `tracestate`. */
export const TRACE_CONTEXT_FORMAT: PropagationFormat = {
  propagator: new TraceContextPropagator(),
  headers: ['traceparent'],
};

export const BAGGAGE_FORMAT: PropagationFormat = {
  propagator: new BaggagePropagator(),
  headers: [],
  baggage: 'w3c',
};

/** The options of {@link Propagation}. */
export interface PropagationParts {
  /** The formats to read and write; default: `traceparent`, `tracestate` and `baggage`. */
  readonly formats?: readonly PropagationFormat[];
  /** The baggage rules; absent if requests bring no baggage and spans show none. */
  readonly rules?: BaggageRules | undefined;
  /** The hosts that instrumented calls send trace context to, see {@link compileHosts}; default all. */
  readonly traceHosts?: readonly string[] | undefined;
  /** The hosts that instrumented calls send baggage to; default none. */
  readonly baggageHosts?: readonly string[] | undefined;
}

/** Reads and writes one instance's trace context and baggage. */
export class Propagation {
  readonly rules: BaggageRules | undefined;
  private readonly propagator: TextMapPropagator;
  private readonly tracePropagator: TextMapPropagator;
  private readonly traceHeaders: readonly string[];
  private readonly baggageFormats: BaggageFormats;
  private readonly takesTrace: HostFilter;
  private readonly takesBaggage: HostFilter;

  constructor(parts: PropagationParts = {}) {
    const { formats = [TRACE_CONTEXT_FORMAT, BAGGAGE_FORMAT], traceHosts = ['*'], baggageHosts = [] } = parts;
    this.rules = parts.rules;
    this.propagator = composite(formats);
    this.tracePropagator = composite(formats.filter(({ headers }) => headers.length > 0));
    this.traceHeaders = formats.flatMap(({ headers }) => headers);
    this.baggageFormats = {
      w3c: formats.some(({ baggage }) => baggage === 'w3c'),
      jaeger: formats.some(({ baggage }) => baggage === 'jaeger'),
    };
    this.takesTrace = compileHosts(traceHosts);
    this.takesBaggage = compileHosts(baggageHosts);
  }

  /**
   * Reads an inbound request and applies the baggage rules; `undefined` without such headers. Never throws.
   */
  receive(request: InboundRequest): RemoteContext | undefined {
    const { headers } = request;
    const spanContext = this.namesTrace(headers)
      ? extract(this.tracePropagator, headers).spanContext
      : undefined;
    const baggage = this.rules?.read(request, this.baggageFormats);
    return spanContext === undefined && baggage === undefined ? undefined : { spanContext, baggage };
  }

  /** Writes the context's span and baggage into the carrier. */
  inject(context: Context, carrier: Carrier): void {
    this.propagator.inject(context, carrier, setter);
  }

  /** Reads a carrier; malformed parts are ignored. Never throws. */
  extract(carrier: Carrier): RemoteContext {
    const { spanContext, baggage } = extract(this.propagator, carrier);
    return {
      spanContext,
      baggage: this.baggageFormats.jaeger ? BaggageBuilder.from(baggage).build() : baggage,
    };
  }

  /** Returns the headers that are added to a call to `host` automatically. */
  headersTo(host: string, context: FlowContext): Record<string, string> {
    const headers: Record<string, string> = {};
    const withSpan = this.takesTrace(host) ? context : context.withoutSpan();
    const allowed = this.takesBaggage(host) ? withSpan : propagation.deleteBaggage(withSpan);
    this.inject(allowed, headers);
    return headers;
  }

  private namesTrace(headers: InboundRequest['headers']): boolean {
    for (const header of this.traceHeaders) {
      if (headers[header] !== undefined) return true;
    }
    return false;
  }
}

function composite(formats: readonly PropagationFormat[]): TextMapPropagator {
  return new CompositePropagator(formats.map(({ propagator }) => propagator));
}

function extract(propagator: TextMapPropagator, carrier: Carrier): RemoteContext {
  try {
    const context = propagator.extract(ROOT_CONTEXT, carrier, getter);
    const spanContext = trace.getSpanContext(context);
    return {
      spanContext:
        spanContext !== undefined && isSpanContextValid(spanContext) ? canonical(spanContext) : undefined,
      baggage: propagation.getBaggage(context),
    };
  } catch {
    return { spanContext: undefined, baggage: undefined };
  }
}

/** Normalises a span context: `traceparent` allows no capitals, and unknown flags must not be passed on. */
function canonical(spanContext: SpanContext): SpanContext {
  return {
    ...spanContext,
    traceId: spanContext.traceId.toLowerCase(),
    spanId: spanContext.spanId.toLowerCase(),
    traceFlags: spanContext.traceFlags & TraceFlags.SAMPLED,
  };
}

/**
 * Returns a context that continues the caller's trace and carries its baggage. The running flow still
 * decides the generation and sampling.
 */
export function contextFrom({ spanContext, baggage }: RemoteContext): FlowContext {
  const { flow, base } = activeContext();
  const span = spanContext === undefined ? undefined : trace.wrapSpanContext(spanContext);
  const continued = flow?.withBaggage(baggage) ?? new Flow(undefined, baggage, undefined, undefined);
  return new FlowContext(span, continued, base);
}

function isMap(carrier: Carrier): carrier is CarrierMap {
  return typeof carrier.set === 'function' && typeof carrier.get === 'function';
}
