import { REDACTED_VALUE } from '../pipeline/masking/mask-defaults.js';
import type { RecordingSpan } from './recording-span.js';
import { valueText } from './value-text.js';

/** Puts a value on a span, as `input.value` or `output.value`, without what its names say is secret. */
export function recordValue(span: RecordingSpan, direction: 'input' | 'output', value: unknown): void {
  if (value === undefined) return;
  const { mask } = span.generation;
  const { text, mimeType } = valueText(value, (name) => mask.isSecret(name), REDACTED_VALUE);
  span.setAttribute(`${direction}.value`, text);
  span.setAttribute(`${direction}.mime_type`, mimeType);
}

/** Takes back what was recorded of a value whose name says that it is secret. */
export function hideSecret(span: RecordingSpan, direction: 'input' | 'output', name: string): void {
  const key = `${direction}.value`;
  if (Object.hasOwn(span.attributes, key) && span.generation.mask.isSecret(name)) {
    span.setAttribute(key, REDACTED_VALUE);
  }
}

/**
 * Looks at a result as soon as it is there; never at streams, which have none yet.
 *
 * @returns the result, or a promise of the same value
 */
export function whenSettled<T>(result: T, note: (value: unknown) => void): T {
  if (result instanceof Promise) {
    return result.then((value: unknown) => {
      note(value);
      return value;
    }) as T;
  }
  if (!isOpen(result)) note(result);
  return result;
}

/** A stream, or a thenable that is no promise, such as a query builder, which may run when it is asked for its result. */
function isOpen(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  try {
    const { then, subscribe, pipe, getReader } = result as Record<string, unknown>;
    return (
      [then, subscribe, pipe, getReader].some((method) => typeof method === 'function') ||
      Symbol.asyncIterator in result
    );
  } catch {
    // A stand-in that refuses to be looked at.
    return true;
  }
}
