import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NestInstrumentation } from '@opentelemetry/instrumentation-nestjs-core';
import { instrument } from './official.mjs';

export async function start(options, startOptions = async () => ({})) {
  const { flush } = instrument(options, [
    new HttpInstrumentation(),
    new ExpressInstrumentation(),
    new NestInstrumentation(),
  ]);
  const { startApp } = await import('../app.mjs');
  return { app: await startApp(await startOptions()), flush };
}
