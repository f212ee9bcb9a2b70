import {
  ConsoleLogger,
  Injectable,
  Optional,
  type ConsoleLoggerOptions,
  type LogLevel,
} from '@nestjs/common';
import { traceLogFields, type LogFieldsOptions } from '../../tracing/log-fields.js';

/** Options of Nest's own logger, and of the fields that are added to its lines. */
export interface TelemetryLoggerOptions extends ConsoleLoggerOptions {
  /** The fields of trace and baggage to add. */
  readonly telemetry?: LogFieldsOptions;
}

/** Matches values that need no quotes in a text line. */
const PLAIN = /^[\w.:/@+-]+$/;

/**
 * Nest's console logger, with `trace_id`, `span_id` and selected baggage on every line inside of a trace.
 * Text lines get `name=value` at the end; with `json: true` each is a separate field. Messages that are
 * objects stay objects.
 *
 * Pass one to `NestFactory.create(AppModule, { logger: new TelemetryLogger({ json: true }) })`.
 */
@Injectable()
export class TelemetryLogger extends ConsoleLogger {
  private readonly fields: () => Record<string, string>;

  constructor(
    @Optional() contextOrOptions?: string | TelemetryLoggerOptions,
    @Optional() options?: TelemetryLoggerOptions,
  ) {
    const given = typeof contextOrOptions === 'string' ? options : (options ?? contextOrOptions);
    const { telemetry, ...rest } = given ?? {};
    if (typeof contextOrOptions === 'string') super(contextOrOptions, rest);
    else super(rest);
    this.fields = traceLogFields(telemetry);
  }

  /** Adds the fields to a JSON line. */
  protected override getJsonLogObject(
    message: unknown,
    options: {
      context: string;
      logLevel: LogLevel;
      writeStreamType?: 'stdout' | 'stderr';
      errorStack?: unknown;
      params?: Record<string, unknown>;
      error?: Error;
    },
  ): ReturnType<ConsoleLogger['getJsonLogObject']> {
    const record = super.getJsonLogObject(message, options);
    const fields = this.fields();
    for (const name of Object.keys(fields)) record[name] ??= fields[name];
    return record;
  }

  /** Adds the fields to the end of a text line. */
  protected override formatMessage(
    ...line: [
      logLevel: LogLevel,
      message: unknown,
      pid: string,
      level: string,
      context: string,
      sinceLast: string,
      params?: Record<string, unknown>,
    ]
  ): string {
    const text = super.formatMessage(...line);
    const fields = Object.entries(this.fields()).map(([name, value]) => `${quoted(name)}=${quoted(value)}`);
    return fields.length === 0 ? text : `${text.replace(/\n$/, '')} ${fields.join(' ')}\n`;
  }
}

/** Quotes names and values, so that none can end its line or imitate another field. */
function quoted(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text);
}
