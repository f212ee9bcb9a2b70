// #region others
import { traceLogFields, traceLogMeta } from 'nestjs-telemetry';
import { pino } from 'pino';
import winston from 'winston';

export const pinoLogger = pino({ mixin: traceLogFields({ baggage: ['user.id'] }) });

export const winstonLogger = winston.createLogger({
  defaultMeta: traceLogMeta({ traceId: 'traceId' }, { service: 'shop' }),
  format: winston.format.json(),
  transports: [new winston.transports.Console()],
});
// #endregion
