/**
 * The names that `@InjectTracer(name)` and `getTracerToken(name)` requested. Most decorators run before any
 * module exists; those of a lazily loaded file run after all of them. Both must find a provider.
 */
const names = new Set<string>();
const listeners = new Set<WeakRef<TracerNameListener>>();

/** Receives names that are requested after an app has started. */
export interface TracerNameListener {
  onTracerName(name: string): void;
}

/**
 * Returns the injection token of a tracer, for `inject` lists and `@Inject`. The call also registers its
 * provider.
 *
 * @param name - the instrumentation scope; default: the module's own tracer
 */
export function getTracerToken(name?: string): string {
  if (name === undefined) return 'nestjs-telemetry:tracer';
  requestTracerName(name);
  return `nestjs-telemetry:tracer:${name}`;
}

function requestTracerName(name: string): void {
  if (names.has(name)) return;
  names.add(name);
  for (const reference of listeners) {
    const listener = reference.deref();
    if (listener === undefined) listeners.delete(reference);
    else listener.onTracerName(name);
  }
}

export function requestedTracerNames(): readonly string[] {
  return [...names];
}

export function listenForTracerNames(listener: TracerNameListener): void {
  listeners.add(new WeakRef(listener));
}
