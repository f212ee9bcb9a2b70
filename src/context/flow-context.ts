import { AsyncLocalStorage } from 'node:async_hooks';
import type { Channel } from 'node:diagnostics_channel';
import {
  createContextKey,
  ROOT_CONTEXT,
  trace,
  type Attributes,
  type Baggage,
  type Context,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { SUPPRESS_TRACING } from '../sdk/trace-context-propagator.js';

/** The API derives its keys with `Symbol.for`, so asking for the same names gives the same keys. */
const SPAN_KEY = createContextKey('OpenTelemetry Context Key SPAN');
const BAGGAGE_KEY = createContextKey('OpenTelemetry Baggage Key');

/** The generation that takes a flow's spans of one instance, asked for at each span's start. */
export interface FlowTarget {
  /** The pipeline generation, built again if it was closed meanwhile; absent without a configuration. */
  current(): object | undefined;
  /** Key of the tenant that it stands for, if it does. */
  readonly tenant?: string;
}

/** Chooses a target for one instance inside a flow; the innermost choice for a pipeline wins. */
export interface FlowOverlay {
  /** The instance's pipeline whose choice this is. */
  readonly pipeline: object;
  readonly target: FlowTarget;
  readonly next: FlowOverlay | undefined;
}

/**
 * A piece of work that entered the app: a request, a message, a job. It carries everything
 * that belongs to the work.
 *
 * It is found by the thing that entered (see `entry.ts`): the active context may be another entry's, or none,
 * wherever a connection that several share calls back.
 */
export interface Entry {
  /** How it entered the app; absent for HTTP. */
  readonly kind?: string;
  /** Key of the tenant that came with a message. */
  readonly tenant?: string | undefined;
  /** The context of its work, its span and its flow included. */
  readonly context: FlowContext;
  /**
   * The argument of hooks: the framework's request once a route was found, with what guards put
   * on it, else the server's.
   */
  readonly subject: unknown;
  /** Whether nothing of it is traced, whatever samplers say. */
  readonly excluded: boolean;
  /** The pipeline of the instance that it belongs to, as far as that is known. */
  readonly pipeline?: object | undefined;
  /** Notes an error of its work, however the framework answers it. */
  fail(error: unknown): void;
  /** The flow's baggage was replaced. */
  baggageChanged?(): void;
}

/**
 * The state of one flow (a request, or a `with…` scope inside it) besides the active span.
 *
 * `baggage` can be assigned: everything that runs in the flow sees the new value from then on, also
 * in flows derived from it.
 */
export class Flow {
  private readonly baggageHolder: Flow;
  private ownBaggage: Baggage | undefined;

  constructor(
    readonly entry: Entry | undefined,
    baggage: Baggage | undefined,
    readonly overlay: FlowOverlay | undefined,
    /** Attributes of every span that starts in the flow. */
    readonly attributes: Attributes | undefined,
    baggageHolder?: Flow,
  ) {
    this.baggageHolder = baggageHolder ?? this;
    this.ownBaggage = baggage;
  }

  get baggage(): Baggage | undefined {
    return this.baggageHolder.ownBaggage;
  }

  set baggage(baggage: Baggage | undefined) {
    this.baggageHolder.ownBaggage = baggage;
  }

  /** A copy of this flow, baggage shared, with another choice of targets. */
  withOverlay(overlay: FlowOverlay | undefined): Flow {
    return new Flow(this.entry, undefined, overlay, this.attributes, this.baggageHolder);
  }

  /** A copy of this flow, baggage shared, with these attributes over its own. */
  withAttributes(attributes: Attributes): Flow {
    return new Flow(
      this.entry,
      undefined,
      this.overlay,
      { ...this.attributes, ...attributes },
      this.baggageHolder,
    );
  }

  /** A copy of this flow with baggage of its own from now on. */
  withBaggage(baggage: Baggage | undefined): Flow {
    return new Flow(this.entry, baggage, this.overlay, this.attributes);
  }
}

const NO_FLOW = new Flow(undefined, undefined, undefined, undefined);

/**
 * An OpenTelemetry context with fields in place of a map for what every span needs.
 *
 * **Gotchas** A derived context shares the flow, so baggage set later is seen by contexts
 * that were derived earlier.
 */
export class FlowContext implements Context {
  constructor(
    readonly span: Span | undefined,
    readonly flow: Flow | undefined,
    /** Holds every other key. */
    readonly base: Context = ROOT_CONTEXT,
  ) {}

  /** Takes over a context that other code made, with the flow of the caller. */
  static from(context: Context | null | undefined): FlowContext {
    if (context instanceof FlowContext) return context;
    const current = activeContext();
    // Untyped callers, and those who leave out an argument in the middle.
    if (typeof context?.getValue !== 'function') return current;
    const span = context.getValue(SPAN_KEY) as Span | undefined;
    const baggage = context.getValue(BAGGAGE_KEY) as Baggage | undefined;
    const flow = baggage === undefined ? current.flow : (current.flow ?? NO_FLOW).withBaggage(baggage);
    return new FlowContext(span ?? current.span, flow, context);
  }

  getValue(key: symbol): unknown {
    if (key === SPAN_KEY) return this.span;
    if (key === BAGGAGE_KEY) return this.flow?.baggage;
    return this.base.getValue(key);
  }

  setValue(key: symbol, value: unknown): FlowContext {
    if (key === SPAN_KEY) return new FlowContext(value as Span, this.flow, this.base);
    if (key === BAGGAGE_KEY) return this.withFlow((this.flow ?? NO_FLOW).withBaggage(value as Baggage));
    return new FlowContext(this.span, this.flow, this.base.setValue(key, value));
  }

  deleteValue(key: symbol): FlowContext {
    if (key === SPAN_KEY) return new FlowContext(undefined, this.flow, this.base);
    if (key === BAGGAGE_KEY)
      return this.flow === undefined ? this : this.withFlow(this.flow.withBaggage(undefined));
    return new FlowContext(this.span, this.flow, this.base.deleteValue(key));
  }

  withSpan(span: Span): FlowContext {
    return new FlowContext(span, this.flow, this.base);
  }

  withoutSpan(): FlowContext {
    return new FlowContext(undefined, this.flow, this.base);
  }

  /** The context that samplers expect: the parent, by its span context alone, in place of the active span. */
  withParent(parent: SpanContext | undefined): FlowContext {
    return parent === undefined ? this.withoutSpan() : this.withSpan(trace.wrapSpanContext(parent));
  }

  withFlow(flow: Flow): FlowContext {
    return new FlowContext(this.span, flow, this.base);
  }

  /**
   * Whether spans must not be created: inside `withoutTracing`, an exporter, or a request that is left out.
   */
  get suppressed(): boolean {
    return (
      this.flow?.entry?.excluded === true ||
      (this.base !== ROOT_CONTEXT && this.base.getValue(SUPPRESS_TRACING) === true)
    );
  }

  withSuppression(): FlowContext {
    return new FlowContext(this.span, this.flow, this.base.setValue(SUPPRESS_TRACING, true));
  }
}

/** Outside of every flow. */
export const EMPTY_CONTEXT = new FlowContext(undefined, undefined);

/** The only AsyncLocalStorage of the process: each further one adds cost to every `await` on Node 20. */
const storage = new AsyncLocalStorage<FlowContext>();

/** The context of the running code; an empty one outside of every flow. */
export function activeContext(): FlowContext {
  return storage.getStore() ?? EMPTY_CONTEXT;
}

/** Runs `fn` with `context` active in it and in everything asynchronous that it starts. */
export function runInContext<A extends unknown[], R>(
  context: FlowContext,
  fn: (...args: A) => R,
  ...args: A
): R {
  return storage.run(context, fn, ...args);
}

/** Binds a function to a context, whatever is active when it is called. */
export function bindContext<T, A extends unknown[], R>(
  context: FlowContext,
  fn: (this: T, ...args: A) => R,
): (this: T, ...args: A) => R {
  return function (this: T, ...args: A): R {
    return storage.run(context, () => fn.apply(this, args));
  };
}

/**
 * Lets a channel's publisher run what it runs for a message (`runStores`) in the context that `choose` gives.
 *
 * @returns takes it back
 */
export function bindChannel(channel: Channel, choose: (message: object) => FlowContext): () => void {
  channel.bindStore(storage, (message) => choose(message as object));
  return () => {
    channel.unbindStore(storage);
  };
}
