import type { Attributes } from '@opentelemetry/api';
import { framesOf, withheldMessage } from './withheld-message.js';

/** The longest `exception.message` and status description, in characters. */
const MAX_MESSAGE = 4096;
/** The longest `exception.stacktrace`, in characters, causes included. */
const MAX_STACK = 16_384;
/** The most causes that are followed, and the most aggregated errors that are listed. */
const MAX_DEPTH = 5;

/**
 * Returns the `exception.*` attributes of any thrown value, with its causes in the stack trace. Never
 * throws.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/ | Exceptions on
 *   spans}
 */
export function exceptionAttributes(exception: unknown): Attributes {
  const attributes: Attributes = {
    'exception.type': errorType(exception),
    'exception.message': errorMessage(exception),
  };
  const stack = limited(stackOf(exception, MAX_DEPTH), MAX_STACK);
  if (stack !== '') attributes['exception.stacktrace'] = stack;
  return attributes;
}

/**
 * Returns the message of an error, unless it is withheld, or the text of any other value, cut to 4,096
 * characters.
 */
export function errorMessage(exception: unknown): string {
  try {
    const shown = withheldMessage(exception);
    if (shown !== undefined) return shown;
    const { message } = Object(exception) as { message?: unknown };
    return limited(typeof message === 'string' ? message : String(exception), MAX_MESSAGE);
  } catch {
    return '[unreadable exception]';
  }
}

/**
 * Returns the value of `error.type`: the error's class name, its `name` if that is more specific, or the
 * type of a thrown value that is not an error.
 */
export function errorType(exception: unknown): string {
  try {
    if (typeof exception !== 'object' || exception === null) return typeof exception;
    const { name, constructor } = exception as { name?: unknown; constructor?: { name?: unknown } };
    const className = constructor?.name;
    // `DOMException` has a name for each kind of error, and RxJS names its error classes generically.
    const named = typeof name === 'string' && (className === 'DOMException' || className === `${name}Impl`);
    if (named) return name;
    if (
      typeof className === 'string' &&
      className !== '' &&
      className !== 'Error' &&
      className !== 'Object'
    ) {
      return className;
    }
    return typeof name === 'string' && name !== '' ? name : 'Error';
  } catch {
    return 'Error';
  }
}

function stackOf(exception: unknown, depth: number): string {
  try {
    if (typeof exception !== 'object' || exception === null) return '';
    const { stack, message, cause, errors } = exception as Partial<Record<keyof AggregateError, unknown>>;
    const shown = withheldMessage(exception);
    const parts = typeof stack === 'string' ? [stack] : [];
    if (shown !== undefined) parts.splice(0, 1, shown, ...parts.map((text) => framesOf(text, message)));
    if (depth === 0) return parts.join('');
    if (cause !== undefined && cause !== exception) parts.push(`Caused by: ${textOf(cause, depth - 1)}`);
    if (exception instanceof AggregateError && Array.isArray(errors)) {
      const listed = errors.slice(0, MAX_DEPTH);
      parts.push(...listed.map((error) => `One of ${errors.length}: ${textOf(error, depth - 1)}`));
    }
    return parts.join('\n');
  } catch {
    return '';
  }
}

function textOf(exception: unknown, depth: number): string {
  const stack = stackOf(exception, depth);
  return stack === '' ? errorMessage(exception) : stack;
}

function limited(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}
