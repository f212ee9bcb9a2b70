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
 * Where trace context is written to or read from: plain header objects, a message's properties, or anything
 * with `get` and `set` such as `Headers`, `Map` and the `Metadata` of gRPC.
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

/** The caller's context, as a carrier gave it. */
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

/** One way of writing trace context or baggage into a carrier. */
export interface PropagationFormat {
  readonly propagator: TextMapPropagator;
  /** Headers of which one at least is there if the format has something to say about the trace. */
  readonly headers: readonly string[];
  /** How it carries baggage: in one header, or as `uberctx-…` headers. */
  readonly baggage?: 'w3c' | 'jaeger';
}

/** `traceparent` and `tracestate`. */
export const TRACE_CONTEXT_FORMAT: PropagationFormat = {
  propagator: new TraceContextPropagator(),
  headers: ['traceparent'],
};

export const BAGGAGE_FORMAT: PropagationFormat = {
  propagator: new BaggagePropagator(),
  headers: [],
  baggage: 'w3c',
};

/** Options of an instance's {@link Propagation}. */
export interface PropagationParts {
  /** Default: `traceparent`, `tracestate` and `baggage`. */
  readonly formats?: readonly PropagationFormat[];
  /** Absent where requests bring no baggage and spans show none. */
  readonly rules?: BaggageRules | undefined;
  /** Hosts to which instrumented calls take trace context, see {@link compileHosts}; default all. */
  readonly traceHosts?: readonly string[] | undefined;
  /** Hosts to which they take baggage; default none. */
  readonly baggageHosts?: readonly string[] | undefined;
}

/** How one instance's trace context and baggage come into the process and leave it. */
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
   * Reads an inbound request, baggage by the rules; `undefined` without such headers. Never throws.
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

  /** Reads a carrier; anything malformed counts as absent. Never throws. */
  extract(carrier: Carrier): RemoteContext {
    const { spanContext, baggage } = extract(this.propagator, carrier);
    return {
      spanContext,
      baggage: this.baggageFormats.jaeger ? BaggageBuilder.from(baggage).build() : baggage,
    };
  }

  /** The headers that a call to `host` gets by itself. */
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

/**
 * Other formats allow capitals, which `traceparent` does not; flags that nobody knows yet
 * are not to be passed on.
 */
function canonical(spanContext: SpanContext): SpanContext {
  return {
    ...spanContext,
    traceId: spanContext.traceId.toLowerCase(),
    spanId: spanContext.spanId.toLowerCase(),
    traceFlags: spanContext.traceFlags & TraceFlags.SAMPLED,
  };
}

/**
 * A context whose spans continue the caller's trace and carry its baggage; where they go, and whether,
 * is up to the running flow.
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
