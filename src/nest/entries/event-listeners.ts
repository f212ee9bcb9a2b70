import { SpanKind, type Attributes } from '@opentelemetry/api';
import type { AnyFunction } from '../../base/any-function.js';
import { activeContext, type FlowContext } from '../../context/flow-context.js';
import { CONVENTIONS as C } from '../../entries/conventions.js';
import { EntryTrace } from '../../entries/entry-trace.js';
import { isUntracedHandler } from '../metadata/untraced-handlers.js';
import type { EntryHost } from './entry-host.js';
import { runAsChild } from './local-calls.js';
import { markedMethods, nestInstances, wrapEntryMethods, type EntryMethod } from './nest-instances.js';

/** The metadata key of `@OnEvent`. */
const LISTENER = 'EVENT_LISTENER_METADATA';

/** An event that is being emitted; its listeners run inside `emit`. */
interface Emission {
  readonly event: string;
  readonly context: FlowContext;
}

/**
 * Traces `@OnEvent` listeners: as children of the emitter if they run inside `emit`, else with a link to
 * it.
 */
export class EventListeners {
  private emission: Emission | undefined;

  constructor(private readonly host: EntryHost) {}

  watch(): void {
    const { modules, patches } = this.host;
    let isUsed = false;
    for (const { instance } of nestInstances(modules)) {
      if (!isEventEmitter2(instance)) continue;
      isUsed = true;
      for (const name of ['emit', 'emitAsync']) {
        patches.replace(
          instance,
          name,
          (emit) =>
            (...args) =>
              this.emitting(instance, emit, args),
        );
      }
    }
    if (!isUsed) return;
    wrapEntryMethods(
      modules,
      patches,
      (type) => markedMethods(type, LISTENER),
      (entry) => this.traced(entry),
    );
  }

  private emitting(emitter: object, emit: AnyFunction, args: unknown[]): unknown {
    if (!this.host.active) return emit.apply(emitter, args);
    const outer = this.emission;
    this.emission = { event: nameOf(args[0]), context: activeContext() };
    try {
      return emit.apply(emitter, args);
    } finally {
      this.emission = outer;
    }
  }

  private traced({ type, name, method }: EntryMethod): AnyFunction {
    const { host } = this;
    const handler = `${type.name}.${name}`;
    const untraced = isUntracedHandler(type, method);
    const declared = declaredEvents(method);
    const emission = (): Emission | undefined => this.emission;
    return function (...args) {
      if (!host.active) return method.apply(this, args);
      const instance = host.instanceOf(type);
      const current = emission();
      const context = activeContext();
      const event = current?.event ?? declared;
      const attributes: Attributes = { [C.functionName]: handler, 'event_emitter.event': event };
      const run = (): unknown => method.apply(this, args);
      const isInside = current !== undefined && current.context === context;
      if (isInside && context.span !== undefined) {
        const call = { name: `on ${event}`, pattern: event, attributes, untraced };
        return runAsChild(instance, 'events', call, run);
      }
      const entry = EntryTrace.begin(instance, {
        kind: 'events',
        name: `on ${event}`,
        spanKind: SpanKind.INTERNAL,
        pattern: event,
        handler,
        attributes,
        args,
        from: context,
        untraced,
      });
      return entry === undefined ? run() : entry.run(run);
    };
  }
}

function declaredEvents(method: AnyFunction): string {
  const listeners = Reflect.getMetadata(LISTENER, method) as
    readonly { readonly event?: unknown }[] | undefined;
  return nameOf(listeners?.[0]?.event);
}

function nameOf(event: unknown): string {
  if (Array.isArray(event)) return event.map(String).join('.');
  return typeof event === 'symbol' ? (event.description ?? 'symbol') : String(event);
}

function isEventEmitter2(instance: object): boolean {
  try {
    const { emit, emitAsync, onAny, prependListener } = instance as Record<string, unknown>;
    return [emit, emitAsync, onAny, prependListener].every((method) => typeof method === 'function');
  } catch {
    return false;
  }
}
