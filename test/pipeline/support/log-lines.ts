import type { TelemetryLog } from '../../../src/base/log.js';

/** A log that keeps its lines. */
export class LogLines implements TelemetryLog {
  readonly lines: string[] = [];

  log(message: string): void {
    this.lines.push(message);
  }

  warn(message: string): void {
    this.lines.push(message);
  }

  error(message: string): void {
    this.lines.push(message);
  }
}
