/** The most causes that are followed from a wrapping error. */
const MAX_DEPTH = 5;
/** Matches a line of a stack trace, as V8 writes it. */
const FRAME = /^\s+at .*(:\d+:\d+\)?|\(<anonymous>\)|\(native\)|\(index \d+\))$/;

const withheld = new WeakMap<object, string>();

/**
 * Keeps the messages of an error and its causes off every span that it passes, since they may repeat
 * content that must not be recorded.
 *
 * @param shownFor - returns the replacement for the message of an error or cause
 */
export function withholdMessage(error: unknown, shownFor: (error: object) => string): void {
  let current = error;
  for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
    if (typeof current !== 'object' || current === null || withheld.has(current)) return;
    // Marked before anything is read, since reading may throw.
    withheld.set(current, 'Error');
    let inner: { cause?: unknown; errors?: unknown };
    try {
      withheld.set(current, shownFor(current));
      const { cause, errors } = current as { cause?: unknown; errors?: unknown };
      inner = { cause, errors };
    } catch {
      return;
    }
    if (depth < MAX_DEPTH && Array.isArray(inner.errors)) {
      for (const each of inner.errors as unknown[]) withholdMessage(each, shownFor);
    }
    current = inner.cause;
  }
}

/** Returns the replacement for an error's message, if the message is withheld. */
export function withheldMessage(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? withheld.get(error) : undefined;
}

/** Returns a stack trace without the message at its head. */
export function framesOf(stack: string, message: unknown): string {
  const at = typeof message === 'string' && message !== '' ? stack.indexOf(message) : -1;
  const rest = at === -1 ? stack : stack.slice(at + (message as string).length);
  return rest
    .split('\n')
    .filter((line) => FRAME.test(line))
    .join('\n');
}
