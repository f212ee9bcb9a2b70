import type { LoggerService } from '@nestjs/common';

type Level = 'log' | 'warn' | 'error' | 'debug' | 'verbose' | 'fatal';

/** A Nest logger that keeps its lines; pass it as `logger` of an app. */
export class LogRecorder implements LoggerService {
  private readonly recorded: { readonly level: Level; readonly line: string }[] = [];

  /** Messages in order. @param level - default: all of them */
  lines(level?: Level): string[] {
    return this.recorded
      .filter((entry) => level === undefined || entry.level === level)
      .map(({ line }) => line);
  }

  log(message: unknown): void {
    this.record('log', message);
  }

  warn(message: unknown): void {
    this.record('warn', message);
  }

  error(message: unknown): void {
    this.record('error', message);
  }

  debug(message: unknown): void {
    this.record('debug', message);
  }

  verbose(message: unknown): void {
    this.record('verbose', message);
  }

  fatal(message: unknown): void {
    this.record('fatal', message);
  }

  private record(level: Level, message: unknown): void {
    this.recorded.push({ level, line: String(message) });
  }
}
