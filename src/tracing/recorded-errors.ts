/** The most traces whose last thrown primitive is remembered. */
const MAX_TRACES = 256;

/** The most traces that are remembered per error, since a stored rejection may reach many traces. */
const MAX_TRACES_OF_ERROR = 64;

const errors = new WeakMap<object, Set<string>>();
const primitives = new Map<string, unknown>();

/** Marks an error as recorded in a trace, so that the other spans of the trace do not repeat it. */
export function markRecorded(error: unknown, traceId: string): void {
  if (isObject(error)) {
    const traces = errors.get(error);
    if (traces === undefined) errors.set(error, new Set([traceId]));
    else evictOldest(traces.add(traceId), MAX_TRACES_OF_ERROR);
    return;
  }
  primitives.delete(traceId);
  evictOldest(primitives.set(traceId, error), MAX_TRACES);
}

export function isRecorded(error: unknown, traceId: string): boolean {
  if (isObject(error)) return errors.get(error)?.has(traceId) === true;
  return primitives.has(traceId) && Object.is(primitives.get(traceId), error);
}

function isObject(error: unknown): error is object {
  return (typeof error === 'object' && error !== null) || typeof error === 'function';
}

function evictOldest(traces: Set<string> | Map<string, unknown>, limit: number): void {
  if (traces.size <= limit) return;
  const [oldest] = traces.keys();
  if (oldest !== undefined) traces.delete(oldest);
}
