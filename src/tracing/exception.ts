import type { Attributes } from '@opentelemetry/api';

/**
 * The `exception.*` attributes of anything that was thrown; never throws.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/ | Exceptions on spans}
 */
export function exceptionAttributes(exception: unknown): Attributes {
  const attributes: Attributes = { 'exception.type': errorType(exception) };
  try {
    if (typeof exception !== 'object' || exception === null) {
      attributes['exception.message'] = String(exception);
      return attributes;
    }
    const { message, stack } = exception as { message?: unknown; stack?: unknown };
    if (typeof message === 'string') attributes['exception.message'] = message;
    if (typeof stack === 'string') attributes['exception.stacktrace'] = stack;
  } catch {
    attributes['exception.message'] = '[unreadable exception]';
  }
  return attributes;
}

/** Class name of an error, its `name` if that says more, or the type of what was thrown; the value of `error.type`. */
export function errorType(exception: unknown): string {
  try {
    if (typeof exception !== 'object' || exception === null) return typeof exception;
    const { name, constructor } = exception as { name?: unknown; constructor?: { name?: unknown } };
    const className = constructor?.name;
    if (typeof className === 'string' && className !== '' && className !== 'Error' && className !== 'Object') {
      return className;
    }
    return typeof name === 'string' && name !== '' ? name : 'Error';
  } catch {
    return 'Error';
  }
}
