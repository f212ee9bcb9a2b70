import type { TelemetryLog } from './log.js';

const QUIET_MILLIS = 60_000;

/** Writes at most one line a minute per cause, and says how many it held back. */
export class RateLimitedLog {
  private readonly causes = new Map<string, { quietUntil: number; heldBack: number }>();

  constructor(
    private readonly log: TelemetryLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param cause - a fixed name, never user data: it is the key of the limit */
  warn(cause: string, message: string): void {
    const now = this.now();
    const seen = this.causes.get(cause);
    if (seen !== undefined && now < seen.quietUntil) {
      seen.heldBack += 1;
      return;
    }
    const suffix =
      seen !== undefined && seen.heldBack > 0 ? ` (${seen.heldBack} more since the last such line)` : '';
    this.causes.set(cause, { quietUntil: now + QUIET_MILLIS, heldBack: 0 });
    this.log.warn(message + suffix);
  }
}

/** One line of an unknown error, for a log. */
export function errorText(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return 'an unreadable error';
  }
}
