/** Traces whose last thrown primitive is remembered. */
const MAX_TRACES = 256;

const errors = new WeakMap<object, string>();
const primitives = new Map<string, unknown>();

/** Notes that a span of the trace carries an error, so that the spans which it passes through do not repeat it. */
export function markRecorded(error: unknown, traceId: string): void {
  if (isObject(error)) {
    errors.set(error, traceId);
    return;
  }
  primitives.delete(traceId);
  primitives.set(traceId, error);
  if (primitives.size <= MAX_TRACES) return;
  const [oldest] = primitives.keys();
  if (oldest !== undefined) primitives.delete(oldest);
}

export function isRecorded(error: unknown, traceId: string): boolean {
  if (isObject(error)) return errors.get(error) === traceId;
  return primitives.has(traceId) && Object.is(primitives.get(traceId), error);
}

function isObject(error: unknown): error is object {
  return (typeof error === 'object' && error !== null) || typeof error === 'function';
}
