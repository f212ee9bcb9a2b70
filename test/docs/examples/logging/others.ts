// #region others
import { traceLogFields, traceLogFormat } from 'nestjs-telemetry';
import { pino } from 'pino';
import winston from 'winston';

export const pinoLogger = pino({ mixin: traceLogFields({ baggage: ['user.id'] }) });

export const winstonLogger = winston.createLogger({
  format: winston.format.combine(traceLogFormat({ traceId: 'traceId' }), winston.format.json()),
  transports: [new winston.transports.Console()],
});
// #endregion
