// In place of the formatter in nestjs-otel 8.1.1's README, which asks a context that nobody sets here.
// #region pino
import { traceLogFields } from 'nestjs-telemetry';
import { pino, type Logger, type LoggerOptions } from 'pino';

export const loggerOptions: LoggerOptions = {
  mixin: traceLogFields({ traceId: 'traceId', spanId: 'spanId' }),
};

export const logger: Logger = pino(loggerOptions);
// #endregion
