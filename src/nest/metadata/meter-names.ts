/** The names that `@InjectMeter(name)` and `getMeterToken(name)` requested; see `tracer-names.ts`. */
const names = new Set<string>();
const listeners = new Set<WeakRef<MeterNameListener>>();

/** Receives names that are requested after an app has started. */
export interface MeterNameListener {
  onMeterName(name: string): void;
}

/**
 * Returns the injection token of a meter, for `inject` lists and `@Inject`. The call also registers its
 * provider.
 *
 * @param name - the instrumentation scope; default: the module's own meter
 */
export function getMeterToken(name?: string): string {
  if (name === undefined) return 'nestjs-telemetry:meter';
  requestMeterName(name);
  return `nestjs-telemetry:meter:${name}`;
}

function requestMeterName(name: string): void {
  if (names.has(name)) return;
  names.add(name);
  for (const reference of listeners) {
    const listener = reference.deref();
    if (listener === undefined) listeners.delete(reference);
    else listener.onMeterName(name);
  }
}

export function requestedMeterNames(): readonly string[] {
  return [...names];
}

export function listenForMeterNames(listener: MeterNameListener): void {
  listeners.add(new WeakRef(listener));
}
