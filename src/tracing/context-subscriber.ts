/*
 * The producer of an Observable runs in its context, the consumer in the one in which it subscribed:
 *
 *   source ──▶ map ──▶ mergeMap ──▶ ContextSubscriber ──▶ consumer
 *   └── producer's context (upstream) ──┘         └── consumer's context ──┘
 *
 * Why each method of `ContextSubscriber` is overridden:
 *   add           RxJS 7 links the chain upwards with `destination.add(upstream)`: the one place where
 *                 every upstream subscriber of this subscription passes by, before it gets a value
 *   _next         the value goes down in the consumer's context, although the producer emitted it in its own
 *   _error,       likewise; then unsubscribe, as RxJS's own do
 *   _complete
 *   unsubscribe   tears the producer down in its own context, and reports `closed` exactly once
 *
 * Why each method of an upstream subscriber is replaced (`bindUpstream`):
 *   next, error,  a hot source (Subject, `share`) calls them from the emitter's context
 *   complete
 *   add           a subscriber further up is handed to this one, not to ours: the binding spreads
 *
 * Invariants: work of the producer runs in its own context and work of the consumer in the consumer's,
 * whichever code drives them; each subscription that `begin` announced reports `closed` once.
 */
import { Observable, Subscriber, type TeardownLogic } from 'rxjs';
import { activeContext, runInContext, type FlowContext } from '../context/flow-context.js';

/** Observes one subscription; its methods run in the producer's context. */
export interface SubscriptionListener {
  /** Called before the subscription begins; completing the subscriber ends it early. */
  begun?(subscriber: { complete(): void }): void;
  next?(value: unknown): void;
  /** Called when the producer fails; `closed` follows. */
  error?(error: unknown): void;
  /** Called when the producer completes, or is made to; `closed` follows. */
  complete?(): void;
  /** Called when the producer is torn down, after it completed, failed or was unsubscribed. */
  closed(): void;
}

/** Called at each subscription; returns its context and its listener. */
export interface Subscribed {
  begin(): SubscriptionStart;
}

/** The context and listener of one subscription. */
export interface SubscriptionStart {
  /** The context that is active in the producer and in all its work. */
  readonly context: FlowContext;
  readonly listener: SubscriptionListener;
}

/**
 * Wraps an Observable so that its producer runs in its own context for each subscriber.
 *
 * Everything upstream that exists for this subscriber alone runs in that context, whichever code drives it:
 * subscription, operators (even behind a hot Subject), inner subscriptions, teardown. Shared parts, such as
 * the source behind `share` and the emitter of a Subject, keep their own context. Everything downstream
 * runs in the context of its subscription.
 */
export function observeInContext<T>(source: Observable<T>, subscribed: Subscribed): Observable<T> {
  return new ContextObservable(source, subscribed);
}

/** Wraps an Observable so that its producer runs in the currently active context. */
export function observeHere<T>(source: Observable<T>): Observable<T> {
  const start: SubscriptionStart = { context: activeContext(), listener: NOBODY };
  return observeInContext(source, { begin: () => start });
}

const NOBODY: SubscriptionListener = { closed: () => undefined };

/**
 * Wraps an Observable like {@link observeInContext} and keeps the additional methods of a Subject or
 * another subclass.
 */
export function observeLike<T>(source: Observable<T>, subscribed: Subscribed): Observable<T> {
  const observed = observeInContext(source, subscribed);
  if (Object.getPrototypeOf(source) === Observable.prototype) return observed;
  return new Proxy(observed, {
    get(target, key) {
      // `operator` and `lift` must be absent where they would be undefined.
      if (key in target || key === 'source' || key === 'operator') return Reflect.get(target, key) as unknown;
      const value: unknown = Reflect.get(source, key, source);
      return typeof value === 'function' ? (value.bind(source) as unknown) : value;
    },
    set: (_target, key, value) => Reflect.set(source, key, value, source),
    getPrototypeOf: () => Reflect.getPrototypeOf(source),
  });
}

/** Uses fields instead of a closure, to save memory for each open stream. */
class ContextObservable<T> extends Observable<T> {
  constructor(
    readonly origin: Observable<T>,
    readonly subscribed: Subscribed,
  ) {
    super(subscribeInContext);
  }
}

function subscribeInContext<T>(this: Observable<T>, destination: Subscriber<T>): void {
  const { origin, subscribed } = this as ContextObservable<T>;
  const consumer = activeContext();
  const { context, listener } = subscribed.begin();
  const subscriber = new ContextSubscriber<T>(destination, context, consumer, listener);
  listener.begun?.(subscriber);
  runInContext(context, () => origin.subscribe(subscriber));
}

/**
 * Connects a producer and a consumer that run in different contexts.
 *
 * RxJS passes every upstream subscriber that exists for this one alone to {@link add}, to tear it down
 * later; there each one gets the producer's context. As a subclass of `Subscriber` this one needs no
 * further safe subscriber.
 */
class ContextSubscriber<T> extends Subscriber<T> {
  constructor(
    private readonly sink: Subscriber<T>,
    private readonly context: FlowContext,
    private readonly consumer: FlowContext,
    private readonly listener: SubscriptionListener,
  ) {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as operators of version 7 do
    super();
    // The constructor cannot do this: a closed sink unsubscribes at once, which needs the fields.
    sink.add(this);
  }

  override add(teardown: TeardownLogic): void {
    if (isUpstream(teardown)) bindUpstream(teardown, this.context);
    super.add(teardown);
  }

  protected override _next(value: T): void {
    this.listener.next?.(value);
    const { sink } = this;
    if (activeContext() === this.consumer) sink.next(value);
    else
      runInContext(this.consumer, () => {
        sink.next(value);
      });
  }

  protected override _error(error: unknown): void {
    this.listener.error?.(error);
    try {
      const { sink } = this;
      runInContext(this.consumer, () => {
        sink.error(error);
      });
    } finally {
      this.unsubscribe();
    }
  }

  protected override _complete(): void {
    this.listener.complete?.();
    try {
      const { sink } = this;
      runInContext(this.consumer, () => {
        sink.complete();
      });
    } finally {
      this.unsubscribe();
    }
  }

  override unsubscribe(): void {
    if (this.closed) return;
    runInContext(this.context, () => {
      try {
        super.unsubscribe();
      } finally {
        this.listener.closed();
      }
    });
  }
}

const CONTEXT = Symbol('nestjs-telemetry.context');

/** An operator's subscriber, from any copy of RxJS. */
interface Upstream {
  [CONTEXT]?: FlowContext;
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
  add(teardown: TeardownLogic): void;
}

function isUpstream(teardown: unknown): teardown is Upstream {
  if (typeof teardown !== 'object' || teardown === null || teardown instanceof ContextSubscriber)
    return false;
  const { next, error, complete, add } = teardown as Partial<Upstream>;
  return [next, error, complete, add].every((method) => typeof method === 'function');
}

/**
 * Replaces a subscriber's methods with functions that run them in a context. All bound subscribers share
 * these functions, so that an open stream costs one field instead of a closure per method.
 */
function bindUpstream(subscriber: Upstream, context: FlowContext): void {
  if (subscriber[CONTEXT] !== undefined) return;
  subscriber[CONTEXT] = context;
  subscriber.next = boundNext;
  subscriber.error = boundError;
  subscriber.complete = boundComplete;
  subscriber.add = boundAdd;
}

function boundNext(this: Upstream, value: unknown): void {
  runBound(this, 'next', value);
}

function boundError(this: Upstream, error: unknown): void {
  runBound(this, 'error', error);
}

function boundComplete(this: Upstream): void {
  runBound(this, 'complete', undefined);
}

function boundAdd(this: Upstream, teardown: TeardownLogic): void {
  if (isUpstream(teardown)) bindUpstream(teardown, this[CONTEXT] as FlowContext);
  (Object.getPrototypeOf(this) as Upstream).add.call(this, teardown);
}

function runBound(subscriber: Upstream, method: 'next' | 'error' | 'complete', argument: unknown): void {
  const context = subscriber[CONTEXT] as FlowContext;
  const own = Object.getPrototypeOf(subscriber) as Record<typeof method, (argument: unknown) => void>;
  if (activeContext() === context) {
    own[method].call(subscriber, argument);
  } else {
    runInContext(context, () => {
      own[method].call(subscriber, argument);
    });
  }
}
