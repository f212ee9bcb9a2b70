/**
 * The names that `@InjectTracer(name)` and `getTracerToken(name)` asked for. Decorators run before any module
 * exists, and a lazily loaded file's after all of them: both must find a provider.
 */
const names = new Set<string>();
const listeners = new Set<WeakRef<TracerNameListener>>();

/** Told of names that come up after an app has started. */
export interface TracerNameListener {
  onTracerName(name: string): void;
}

/**
 * The injection token of a tracer, for `inject` lists and `@Inject`: asking for it is
 * what makes its provider.
 *
 * @param name - instrumentation scope; default: the module's own tracer
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
