// The floor: what any tracing with an active span pays before it has made a span.
import { AsyncLocalStorage } from 'node:async_hooks';
import { startApp } from '../app.mjs';

export async function start() {
  const storage = new AsyncLocalStorage();
  const app = await startApp({
    prepare: (app) => app.use((_request, _response, next) => storage.run({}, next)),
  });
  return { app, flush: async () => {} };
}
