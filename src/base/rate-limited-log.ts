import { withoutSecrets } from '../errors.js';
import type { TelemetryLog } from './log.js';

const QUIET_MILLIS = 60_000;
/** Causes that are remembered: some are named after spans, which code may name as it likes. */
const MAX_CAUSES = 1000;

/** Writes at most one line a minute per cause, and says how many it held back. */
export class RateLimitedLog {
  private readonly causes = new Map<string, { quietUntil: number; heldBack: number }>();

  constructor(
    private readonly log: TelemetryLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Writes a line for developers who look for details. */
  debug(message: string): void {
    this.log.debug?.(message);
  }

  /** @param cause - a fixed name, never user data: it is the key of the limit */
  warn(cause: string, message: string): void {
    this.write('warn', cause, message);
  }

  /** Writes like {@link warn}, at level `debug`, for what need not be wrong. */
  note(cause: string, message: string): void {
    this.write('debug', cause, message);
  }

  private write(level: 'warn' | 'debug', cause: string, message: string): void {
    const now = this.now();
    const seen = this.causes.get(cause);
    if (seen !== undefined && now < seen.quietUntil) {
      seen.heldBack += 1;
      return;
    }
    const suffix =
      seen !== undefined && seen.heldBack > 0 ? ` (${seen.heldBack} more since the last such line)` : '';
    this.causes.delete(cause);
    this.causes.set(cause, { quietUntil: now + QUIET_MILLIS, heldBack: 0 });
    const [oldest] = this.causes.keys();
    if (this.causes.size > MAX_CAUSES && oldest !== undefined) this.causes.delete(oldest);
    try {
      this.log[level]?.(message + suffix);
    } catch {
      // A logger that throws must not break the code that reports.
    }
  }
}

/** The part of an error that a line of a log shows. */
const MAX_ERROR_CHARS = 500;

/**
 * One line of an unknown error, for a log, without what looks like a credential: drivers quote
 * their connection's address.
 */
export function errorText(error: unknown): string {
  try {
    const text = withoutSecrets(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    return text.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, MAX_ERROR_CHARS);
  } catch {
    return 'an unreadable error';
  }
}
