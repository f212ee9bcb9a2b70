import { withoutSecrets } from '../errors.js';
import type { TelemetryLog } from './log.js';

const QUIET_MILLIS = 60_000;
/**
 * The number of causes to remember. The limit is needed because some causes contain span names, which are
 * unbounded.
 */
const MAX_CAUSES = 1000;

/** Writes at most one line a minute per cause, and reports how many lines it held back. */
export class RateLimitedLog {
  private readonly causes = new Map<string, { quietUntil: number; heldBack: number }>();

  constructor(
    private readonly log: TelemetryLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Writes a line at level `debug`. */
  debug(message: string): void {
    this.log.debug?.(message);
  }

  /**
   * Writes a warning, unless its cause has reached the limit.
   *
   * @param cause - a fixed name that serves as the key of the limit; never user data
   */
  warn(cause: string, message: string): void {
    this.write('warn', cause, message);
  }

  /** Writes like {@link warn} at level `debug`, for events that are not necessarily a problem. */
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

/** The most characters of an error message that a log line shows. */
const MAX_ERROR_CHARS = 500;

/**
 * Formats any error as one log line and masks credentials, since drivers quote connection strings in their
 * messages.
 */
export function errorText(error: unknown): string {
  try {
    const text = withoutSecrets(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    return text.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, MAX_ERROR_CHARS);
  } catch {
    return 'an unreadable error';
  }
}
