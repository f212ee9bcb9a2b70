// What an `@Sse` route does to its producer and its client, written down as plain data, so that two apps can
// be compared. It is given the modules to use, since it runs against several versions of Nest.
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';

/** Headers that differ between any two responses. */
const UNSTABLE_HEADERS = ['date', 'x-trace-id'];

/**
 * @param {object} modules
 * @param {any} modules.common `@nestjs/common`
 * @param {any} modules.core `@nestjs/core`
 * @param {any} modules.rxjs
 * @param {() => any} modules.adapter makes an HTTP adapter
 * @param {any[]} [modules.imports] modules of the app
 * @param {any} [modules.interceptor] bound to the controller
 * @returns {Promise<Record<string, unknown>>} what happened, by situation
 */
export async function observeBehaviour(modules) {
  const { common, core, adapter } = modules;
  const log = [];
  const gates = new Map();
  const gate = (name) => {
    if (!gates.has(name)) {
      let open;
      const promise = new Promise((resolve) => (open = resolve));
      gates.set(name, { promise, open });
    }
    return gates.get(name);
  };
  class AppModule {}
  common.Module({ imports: modules.imports ?? [], controllers: [controller(modules, log, gate)] })(AppModule);
  const app = await core.NestFactory.create(AppModule, adapter(), { logger: false });
  const server = app.getHttpServer();
  const closed = new Set();
  server.on('connection', (socket) => socket.once('close', () => closed.forEach((call) => call())));
  await app.listen(0, '127.0.0.1');
  const { port } = server.address();

  const open = (method, path) => {
    const body = method === 'POST' ? '{"question":"?"}' : undefined;
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false });
    request.on('error', () => {});
    request.end(body);
    return request;
  };
  const complete = async (method, path) => {
    const [response] = await once(open(method, path), 'response');
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    const headers = Object.fromEntries(
      Object.entries(response.headers).filter(([name]) => !UNSTABLE_HEADERS.includes(name)),
    );
    return { status: response.statusCode, headers, body: Buffer.concat(chunks).toString() };
  };
  /**
   * The client leaves once `when` has been written down; the handler's set-up is done
   * after the server has noticed.
   */
  const leave = async (method, path, when) => {
    const request = open(method, path);
    request.on('response', (response) => response.resume());
    await until(() => log.includes(when));
    const noticed = new Promise((resolve) => closed.add(resolve));
    request.destroy();
    await noticed;
    closed.clear();
    await turns(3);
    log.push('-- the server has noticed');
    gates.get('setup')?.open();
    await turns(6);
  };
  const situation = async (run) => {
    log.length = 0;
    gates.clear();
    const response = await run();
    await turns(3);
    return { response, log: [...log] };
  };

  const situations = {};
  try {
    for (const method of ['GET', 'POST']) {
      // nest#17128 and, behind an interceptor, #17190 and #17352
      situations[`${method}: the client leaves during an async set-up`] = await situation(() =>
        leave(method, '/sse/async', 'set-up begins'),
      );
      situations[`${method}: the client leaves during a set-up that fails`] = await situation(() =>
        leave(method, '/sse/async-failing', 'set-up begins'),
      );
      situations[`${method}: the client leaves in the middle`] = await situation(() =>
        leave(method, '/sse/endless', 'emitted 2'),
      );
      for (const path of [
        'sync',
        'at-once',
        'empty',
        'async-short',
        'early-error',
        'async-error',
        'late-error',
        'object',
        'generator',
        'status',
        'ids',
      ]) {
        situations[`${method} /sse/${path}`] = await situation(() => complete(method, `/sse/${path}`));
      }
    }
  } finally {
    server.closeAllConnections();
    await app.close();
  }
  return situations;
}

function controller({ common, rxjs, interceptor }, log, gate) {
  const { Observable, of, EMPTY, throwError } = rxjs;
  const producer = (count, failure) =>
    new Observable((subscriber) => {
      log.push('subscribed');
      let sent = 0;
      let timer;
      const emit = () => {
        log.push(`emitted ${sent}`);
        subscriber.next({ data: { sequence: sent++ } });
        if (sent < count) timer = setImmediate(emit);
        else if (failure !== undefined) subscriber.error(failure);
        else subscriber.complete();
      };
      timer = setImmediate(emit);
      return () => {
        clearImmediate(timer);
        log.push('torn down');
      };
    });

  const handlers = {
    sync: () => producer(3),
    'at-once': () => of({ data: 'a' }, { data: 'b' }),
    empty: () => EMPTY,
    endless: () => producer(Infinity),
    async: async () => {
      log.push('set-up begins');
      await gate('setup').promise;
      log.push('set-up ends');
      return producer(2);
    },
    'async-short': async () => {
      await turns(2);
      return producer(2);
    },
    'async-failing': async () => {
      log.push('set-up begins');
      await gate('setup').promise;
      log.push('set-up fails');
      throw new common.NotFoundException('nothing to stream');
    },
    'early-error': () => throwError(() => new common.ConflictException('too early')),
    'async-error': async () => {
      await turns(2);
      throw new common.NotFoundException('nothing to stream');
    },
    'late-error': () => producer(2, new Error('secret detail')),
    object: () => ({ not: 'a stream' }),
    generator: async function* generator() {
      yield { data: 'never sent' };
    },
    status: () => producer(1),
    ids: () => of({ id: 'x', type: 'tick', retry: 10, data: 'a' }, { data: { b: 1 } }),
  };
  class SseController {}
  common.Controller('sse')(SseController);
  if (interceptor !== undefined) common.UseInterceptors(interceptor)(SseController);
  for (const [path, handler] of Object.entries(handlers)) {
    for (const method of ['GET', 'POST']) {
      const name = `${method} ${path}`;
      SseController.prototype[name] = function stream(...args) {
        return handler.apply(this, args);
      };
      const descriptor = Object.getOwnPropertyDescriptor(SseController.prototype, name);
      if (path === 'status') common.HttpCode(202)(SseController.prototype, name, descriptor);
      if (path === 'ids') common.Header('x-stream', 'ids')(SseController.prototype, name, descriptor);
      common.Sse(path, { method: common.RequestMethod[method] })(SseController.prototype, name, descriptor);
    }
  }
  return SseController;
}

/** Lets everything that is due happen, that many times. */
async function turns(count) {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function until(condition) {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
