/** How far wrapped errors are followed. */
const MAX_DEPTH = 5;
/** A line of a stack trace, as V8 writes it. */
const FRAME = /^\s+at .*(:\d+:\d+\)?|\(<anonymous>\)|\(native\)|\(index \d+\))$/;

const withheld = new WeakMap<object, string>();

/**
 * Keeps the message of an error, and those of its causes, off every span that it passes: they may repeat
 * content that is not to be recorded.
 *
 * @param shownFor - the text that stands in place of the message of an error, or of a cause
 */
export function withholdMessage(error: unknown, shownFor: (error: object) => string): void {
  let current = error;
  for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
    if (typeof current !== 'object' || current === null || withheld.has(current)) return;
    // Before anything of it is read, since that may throw.
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

/** The text in place of an error's message, where that is withheld. */
export function withheldMessage(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? withheld.get(error) : undefined;
}

/** A stack trace without the message at its head. */
export function framesOf(stack: string, message: unknown): string {
  const at = typeof message === 'string' && message !== '' ? stack.indexOf(message) : -1;
  const rest = at === -1 ? stack : stack.slice(at + (message as string).length);
  return rest
    .split('\n')
    .filter((line) => FRAME.test(line))
    .join('\n');
}
