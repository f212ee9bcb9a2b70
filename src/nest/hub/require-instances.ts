import { TelemetryConfigError } from '../../errors.js';

/**
 * Refuses to start an app with an instance that was not built: Nest leaves out of the start what hangs on a request.
 *
 * @throws TelemetryConfigError
 */
export function requireInstances(expected: Iterable<symbol>, built: ReadonlyMap<symbol, unknown>): void {
  for (const id of expected) {
    if (built.has(id)) continue;
    throw new TelemetryConfigError({
      path: 'forRootAsync',
      expected: 'given its options while the app starts',
      remedy:
        'They hang on a request-scoped provider, so that each request would make an instance of its own. ' +
        'What differs by request is for `tenants`, `withTemporaryConfig` and hooks.',
    });
  }
}
