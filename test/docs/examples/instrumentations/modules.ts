import { Module } from '@nestjs/common';
// #region modules
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { Redis } from 'ioredis';
import { TelemetryModule } from 'nestjs-telemetry';
import pg from 'pg';

export const telemetry = TelemetryModule.forRoot({
  service: { name: 'shop' },
  instrumentations: [
    new UndiciInstrumentation(), // fetch
    new HttpInstrumentation({ enabled: false }), // node:http, axios
    { instrumentation: new PgInstrumentation(), modules: { pg } },
    { instrumentation: new IORedisInstrumentation(), modules: { ioredis: Redis } },
  ],
});
// #endregion

@Module({ imports: [telemetry] })
export class AppModule {}
