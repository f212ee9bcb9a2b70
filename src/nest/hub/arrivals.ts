import { TelemetryConfigError } from '../../errors.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';

/** An instance that providers wait for. */
class Arrival {
  resolve!: (instance: TelemetryInstance) => void;
  readonly promise = new Promise<TelemetryInstance>((resolve) => {
    this.resolve = resolve;
  });
}

/** Tells providers when the instances of an app are built, for providers that Nest builds earlier. */
export class Arrivals {
  private readonly arrivals = new Map<symbol, Arrival>();

  of(id: symbol): Arrival {
    let arrival = this.arrivals.get(id);
    if (arrival === undefined) this.arrivals.set(id, (arrival = new Arrival()));
    return arrival;
  }
}

/**
 * Checks that all awaited instances exist. Nest does not build instances at start whose options depend on a
 * request. @throws TelemetryConfigError
 */
export function requireAll(
  expected: Iterable<symbol>,
  instances: ReadonlyMap<symbol, TelemetryInstance>,
): void {
  for (const id of expected) {
    if (instances.has(id)) continue;
    throw new TelemetryConfigError({
      path: 'forRootAsync',
      expected: 'given its options while the app starts',
      remedy:
        'They hang on a request-scoped provider, so that each request would make an instance of its own. ' +
        'What differs by request is for `tenants`, `withTemporaryConfig` and hooks.',
    });
  }
}
