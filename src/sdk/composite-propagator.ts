import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';

/**
 * Combines several propagators, which run in order. If two extract the same key, the last one wins. A
 * propagator that throws is ignored.
 */
export class CompositePropagator implements TextMapPropagator {
  constructor(private readonly propagators: readonly TextMapPropagator[]) {}

  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    for (const propagator of this.propagators) {
      try {
        propagator.inject(context, carrier, setter);
      } catch {
        // The other propagators still inject.
      }
    }
  }

  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    let extracted = context;
    for (const propagator of this.propagators) {
      try {
        extracted = propagator.extract(extracted, carrier, getter);
      } catch {
        // Malformed headers count as absent.
      }
    }
    return extracted;
  }

  fields(): string[] {
    return [...new Set(this.propagators.flatMap((propagator) => propagator.fields()))];
  }
}
