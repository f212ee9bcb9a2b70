import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { instrument } from './official.mjs';

export async function start(options) {
  const { flush } = instrument(options, [new HttpInstrumentation()]);
  const { startApp } = await import('../app.mjs');
  return { app: await startApp(), flush };
}
