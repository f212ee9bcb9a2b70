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

/** The API creates its keys with `Symbol.for`, so the same name gives the same key. */
const SPAN_KEY = createContextKey('OpenTelemetry Context Key SPAN');
const BAGGAGE_KEY = createContextKey('OpenTelemetry Baggage Key');

/** A pipeline as flows know it: the key under which a flow chooses generations of its kind. */
export interface FlowPipeline<Generation = unknown> {
  /** The generation of flows that choose no other. */
  readonly current: Generation | undefined;
}

/** Supplies the generation for a flow's spans of one instance. Every new span asks for it. */
export interface FlowTarget<Generation = unknown> {
  /**
   * Returns the pipeline generation, rebuilt if it was closed in between; `undefined` without a
   * configuration.
   */
  current(): Generation | undefined;
  /** The key of the tenant that this target was chosen for; absent for other targets. */
  readonly tenant?: string;
}

/** Chooses a target for one pipeline inside a flow. The innermost overlay of a pipeline wins. */
export interface FlowOverlay {
  /** The pipeline that the overlay applies to. */
  readonly pipeline: FlowPipeline;
  readonly target: FlowTarget;
  readonly next: FlowOverlay | undefined;
}

/**
 * A piece of work that entered the app: a request, a message, a job. It carries all telemetry state of that
 * work.
 *
 * An entry is found by the object that entered (see `entry.ts`). The active context is not reliable: a
 * connection that several entries share may call back in another entry's context, or in none.
 */
export interface Entry {
  /** How the work entered the app, such as a message; absent for HTTP. */
  readonly kind?: string;
  /** The key of the tenant that a message carried. */
  readonly tenant?: string | undefined;
  /** The context of the entry's work, with its span and its flow. */
  readonly context: FlowContext;
  /**
   * The argument for the user's hooks: the framework's request with the properties that guards set, or
   * Node's request until a route is found.
   */
  readonly subject: unknown;
  /** Whether the entry is left out of tracing, regardless of samplers. */
  readonly excluded: boolean;
  /** The pipeline of the entry's instance, once it is known. */
  readonly pipeline?: FlowPipeline | undefined;
  /** Records an error of the entry's work, however the framework answers it. */
  fail(error: unknown): void;
  /** Called when the flow's baggage was replaced. */
  baggageChanged?(): void;
}

/**
 * The state of one flow (a request, or a `with…` call inside it), apart from the active span.
 *
 * `baggage` can be assigned. All code in the flow sees the new value, even in derived flows that share it.
 */
export class Flow {
  private readonly baggageHolder: Flow;
  private ownBaggage: Baggage | undefined;

  constructor(
    readonly entry: Entry | undefined,
    baggage: Baggage | undefined,
    readonly overlay: FlowOverlay | undefined,
    /** Attributes for every span that starts in the flow. */
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

  /** Returns the target that the flow chose for a pipeline. */
  targetOf<Generation>(pipeline: FlowPipeline<Generation>): FlowTarget<Generation> | undefined {
    for (let { overlay } = this; overlay !== undefined; overlay = overlay.next) {
      // The compiler cannot know that the target and the pipeline of an overlay have one generation type.
      if (overlay.pipeline === pipeline) return overlay.target as FlowTarget<Generation>;
    }
    return undefined;
  }

  /** Returns a copy of this flow with one more overlay; baggage stays shared. */
  withTarget<Generation>(pipeline: FlowPipeline<Generation>, target: FlowTarget<Generation>): Flow {
    const overlay: FlowOverlay = { pipeline, target, next: this.overlay };
    return new Flow(this.entry, undefined, overlay, this.attributes, this.baggageHolder);
  }

  /** Returns a copy of this flow with additional attributes; baggage stays shared. */
  withAttributes(attributes: Attributes): Flow {
    return new Flow(
      this.entry,
      undefined,
      this.overlay,
      { ...this.attributes, ...attributes },
      this.baggageHolder,
    );
  }

  /** Returns a copy of this flow with its own baggage. */
  withBaggage(baggage: Baggage | undefined): Flow {
    return new Flow(this.entry, baggage, this.overlay, this.attributes);
  }
}

const NO_FLOW = new Flow(undefined, undefined, undefined, undefined);

/**
 * An OpenTelemetry context that has fields instead of a map for the values that every span needs.
 *
 * **Gotchas** A derived context shares the flow, so it sees baggage that is set later.
 */
export class FlowContext implements Context {
  constructor(
    readonly span: Span | undefined,
    readonly flow: Flow | undefined,
    /** Holds all other keys. */
    readonly base: Context = ROOT_CONTEXT,
  ) {}

  /** Converts a context from other code and keeps the caller's flow. */
  static from(context: Context | null | undefined): FlowContext {
    if (context instanceof FlowContext) return context;
    const current = activeContext();
    // Untyped callers may pass something else, or omit an argument in the middle.
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

  /** Returns the context for samplers, with the parent's span context in place of the active span. */
  withParent(parent: SpanContext | undefined): FlowContext {
    return parent === undefined ? this.withoutSpan() : this.withSpan(trace.wrapSpanContext(parent));
  }

  withFlow(flow: Flow): FlowContext {
    return new FlowContext(this.span, flow, this.base);
  }

  /**
   * Whether spans must not be created: inside `withoutTracing`, in an exporter, or in an excluded request.
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

/** The context outside of every flow. */
export const EMPTY_CONTEXT = new FlowContext(undefined, undefined);

/** The only AsyncLocalStorage of the process; each further one makes every `await` slower on Node 20. */
const storage = new AsyncLocalStorage<FlowContext>();

/** Returns the context of the running code, or an empty one outside of every flow. */
export function activeContext(): FlowContext {
  return storage.getStore() ?? EMPTY_CONTEXT;
}

/** Runs `fn` with `context` active in it and in all asynchronous work that it starts. */
export function runInContext<A extends unknown[], R>(
  context: FlowContext,
  fn: (...args: A) => R,
  ...args: A
): R {
  return storage.run(context, fn, ...args);
}

/** Binds a function to a context, regardless of the active one at the call. */
export function bindContext<T, A extends unknown[], R>(
  context: FlowContext,
  fn: (this: T, ...args: A) => R,
): (this: T, ...args: A) => R {
  return function (this: T, ...args: A): R {
    return storage.run(context, () => fn.apply(this, args));
  };
}

/**
 * Makes a diagnostics channel run its publisher's work (`runStores`) in the context that `choose` returns
 * for a message.
 *
 * @returns a function that undoes the binding
 */
export function bindChannel(channel: Channel, choose: (message: object) => FlowContext): () => void {
  channel.bindStore(storage, (message) => choose(message as object));
  return () => {
    channel.unbindStore(storage);
  };
}
