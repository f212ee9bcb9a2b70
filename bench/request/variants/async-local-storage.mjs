// The floor: what any tracing with an active span pays before it has made a span.
import { AsyncLocalStorage } from 'node:async_hooks';
import { startApp } from '../app.mjs';

export async function start({ framework } = {}) {
  const storage = new AsyncLocalStorage();
  const app = await startApp({ framework, prepare: (app) => inStorage(app.getHttpServer(), storage) });
  return { app, flush: async () => {} };
}

/** On the server itself: middleware would be one more layer of the framework's. */
function inStorage(server, storage) {
  const { emit } = server;
  server.emit = function (event, ...args) {
    return event === 'request'
      ? storage.run({}, () => emit.call(this, event, ...args))
      : emit.call(this, event, ...args);
  };
}
