import { once } from 'node:events';
import http, { createServer, get as namedGet } from 'node:http';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { Agent, interceptors, request as undiciRequest, RetryAgent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BaggageService, TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { activeContext, runInContext } from '../../src/context/flow-context.js';
import { startEchoServer, type EchoServer } from '../support/echo-server.js';
import { startApp, type TestApp } from '../support/test-app.js';

const CANARY = 'canary-5b1f';

function read(get: typeof http.get, url: string, options: http.RequestOptions = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    get(url, options, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
}

@Controller()
class CallingController {
  constructor(
    @Inject(BaggageService) readonly baggage: BaggageService,
    @Inject(TracerManager) readonly manager: TracerManager,
  ) {}

  @Get('call')
  async call(@Query('url') url: string): Promise<void> {
    await fetch(`${url}/fetch`);
    await undiciRequest(`${url}/undici`);
    await read(http.get, `${url}/default-import`);
    await read(namedGet, `${url}/named-import`);
  }

  @Get('spoof')
  async spoof(@Query('url') url: string, @Query('named') host: string): Promise<void> {
    await read(http.get, `${url}/http`, { headers: { host } });
    await undiciRequest(`${url}/undici`, { headers: { host } });
  }

  @Get('named')
  async named(@Query('host') host: string, @Query('port') port: string): Promise<void> {
    await read(http.get, `http://${host}:${port}/named`, {
      lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });
  }

  @Get('proxied')
  async proxied(@Query('path') path: string, @Query('port') port: string): Promise<void> {
    await read(http.get, `http://127.0.0.1:${port}`, { path });
  }

  @Get('by-hand')
  async byHand(@Query('url') url: string): Promise<void> {
    const headers = { baggage: 'mine=1', traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` };
    await fetch(`${url}/fetch`, { headers });
    await read(http.get, `${url}/http`, { headers });
  }

  @Get('redirect')
  async redirect(@Query('url') url: string): Promise<string> {
    return (await fetch(`${url}/redirect`)).text();
  }

  @Get('expecting')
  async expecting(@Query('url') url: string): Promise<void> {
    await read(http.get, `${url}/expecting`, { headers: { expect: '100-continue' } });
  }

  @Get('untraced')
  async untraced(@Query('url') url: string): Promise<void> {
    await runInContext(activeContext().withSuppression(), () => fetch(`${url}/fetch`));
    await runInContext(activeContext().withSuppression(), () => read(http.get, `${url}/http`));
  }
}

async function start(
  propagation: NonNullable<TelemetryModuleOptions['propagation']>,
): Promise<{ app: TestApp; echo: EchoServer; ask: (path: string) => Promise<void> }> {
  const echo = await startEchoServer();
  const app = await startApp({
    controllers: [CallingController],
    telemetry: { propagation, instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()] },
  });
  const ask = async (path: string): Promise<void> => {
    const response = await runInContext(activeContext().withSuppression(), () =>
      app.get(`/${path}${path.includes('?') ? '&' : '?'}url=${echo.url}`, { 'x-user-id': CANARY }),
    );
    expect(response.status).toBe(200);
  };
  return { app, echo, ask };
}

const PATHS = ['/fetch', '/undici', '/default-import', '/named-import'];

describe('headers of outgoing calls', () => {
  it('carry trace context everywhere and baggage nowhere, unless a host is allowed', async () => {
    const { echo, ask } = await start({});
    await ask('call');
    expect(echo.received.map(({ path }) => path)).toEqual(PATHS);
    for (const { headers } of echo.received) {
      expect(headers.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
      expect(JSON.stringify(headers)).not.toContain(CANARY);
    }
  });

  it.each([['127.0.0.1'], ['*'], ['127.0.0.1:PORT']])(
    'carry baggage to a host on the list (%s)',
    async (pattern) => {
      const echo = await startEchoServer();
      const app = await startApp({
        controllers: [CallingController],
        telemetry: {
          propagation: { baggageHosts: [pattern.replace('PORT', String(echo.port))] },
          instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
        },
      });
      await runInContext(activeContext().withSuppression(), () =>
        app.get(`/call?url=${echo.url}`, { 'x-user-id': CANARY }),
      );
      expect(echo.received.map(({ path, headers }) => [path, headers.baggage])).toEqual(
        PATHS.map((path) => [path, `user.id=${CANARY}`]),
      );
    },
  );

  it('carry baggage to what is below a domain, on the port that is named', async () => {
    const echo = await startEchoServer();
    const { ask } = await start({ baggageHosts: [`*.localhost:${echo.port}`, 'localhost:80'] });
    await ask(`named?host=below.localhost&port=${echo.port}`);
    await ask(`named?host=localhost&port=${echo.port}`);
    const other = await startEchoServer();
    await ask(`named?host=below.localhost&port=${other.port}`);
    expect(echo.received.map(({ headers }) => headers.baggage)).toEqual([`user.id=${CANARY}`, undefined]);
    expect(other.received.map(({ headers }) => headers.baggage)).toEqual([undefined]);
  });

  it('go by the address that a proxy is asked for, with the port that its scheme stands for', async () => {
    const { echo, ask } = await start({ baggageHosts: ['api.example.com:80', 'other.example.com:443'] });
    for (const asked of ['http://api.example.com/a', 'http://api.example.com:8080/b', 'http://127.0.0.1/c'])
      await ask(`proxied?path=${encodeURIComponent(asked)}&port=${echo.port}`);
    expect(echo.received.map(({ path, headers }) => [path, headers.baggage])).toEqual([
      ['http://api.example.com/a', `user.id=${CANARY}`],
      ['http://api.example.com:8080/b', undefined],
      ['http://127.0.0.1/c', undefined],
    ]);
  });

  it.each(['internal.example', 'internal.example:1'])(
    'go by where the connection goes, not by what a Host header says (%s)',
    async (named) => {
      const { echo, ask } = await start({ baggageHosts: ['internal.example', '127.0.0.1:1'] });
      await ask(`spoof?named=${named}`);
      expect(echo.received).toHaveLength(2);
      for (const { headers } of echo.received) {
        expect(headers.host).toBe(named);
        expect(headers).not.toHaveProperty('baggage');
        expect(headers).toHaveProperty('traceparent');
      }
    },
  );

  it('tell of whoever made the call, also where undici makes it later: in a pool, after a failure, after a redirect', async () => {
    const received: [path: string, baggage: unknown][] = [];
    const failed = new Set<string>();
    const server = createServer(({ url = '', headers }, response) => {
      received.push([url, headers.baggage]);
      if (url.startsWith('/moved')) response.writeHead(302, { location: url.replace('moved', 'landed') });
      else if (url.startsWith('/retried') && !failed.has(url)) response.writeHead(503);
      failed.add(url);
      // Later, so that calls wait for the connection.
      setImmediate(() => response.end());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const agents = {
      retried: new RetryAgent(new Agent({ connections: 1 }), { minTimeout: 1, maxTimeout: 1 }),
      moved: new Agent({ connections: 2 }).compose(interceptors.redirect({ maxRedirections: 1 })),
    };
    onTestFinished(() => Promise.all(Object.values(agents).map((agent) => agent.destroy())).then(() => {}));
    const { port } = server.address() as { port: number };
    const { app } = await start({ baggageHosts: ['*'] });
    const manager = app.app.get(TracerManager);
    const baggage = app.app.get(BaggageService);
    const users = Array.from({ length: 20 }, (_, index) => `u${index}`);
    await Promise.all(
      Object.entries(agents).flatMap(([kind, dispatcher]) =>
        users.map((user) =>
          baggage.with({ 'user.id': user }, () =>
            manager.withSpan(user, async () => {
              const url = `http://127.0.0.1:${port}/${kind}/${user}`;
              await (await undiciRequest(url, { dispatcher })).body.dump();
            }),
          ),
        ),
      ),
    );
    expect(received).toHaveLength(2 * 2 * users.length);
    for (const [path, told] of received) expect(told).toBe(`user.id=${path.split('/')[2]}`);
    const clients = app.recorder.spans().filter(({ kind }) => kind === 2);
    expect(clients).toHaveLength(received.length);
    for (const { parentSpanContext, attributes } of clients) {
      const parent = app.recorder
        .spans()
        .find((span) => span.spanContext().spanId === parentSpanContext?.spanId);
      expect(String(attributes['url.full'])).toMatch(new RegExp(`/${parent?.name}$`));
    }
  });

  it('carry no trace context to hosts that are not on the list, while spans are still made', async () => {
    const { app, echo, ask } = await start({ traceHosts: ['*.example.com'], baggageHosts: ['127.0.0.1'] });
    await ask('call');
    for (const { headers } of echo.received) {
      expect(headers).not.toHaveProperty('traceparent');
      expect(headers.baggage).toBe(`user.id=${CANARY}`);
    }
    expect(app.recorder.spans().filter(({ kind }) => kind === 2)).toHaveLength(4);
  });

  it('keep baggage that was written by hand, and name the client span as parent', async () => {
    const { app, echo, ask } = await start({ baggageHosts: ['*'] });
    await ask('by-hand');
    const clients = app.recorder.spans().filter(({ kind }) => kind === 2);
    expect(echo.received.map(({ headers }) => [headers.baggage, headers.traceparent])).toEqual(
      clients.map((span) => ['mine=1', `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`]),
    );
  });

  it('are written for each hop of a redirect', async () => {
    const { echo, ask } = await start({ baggageHosts: ['*'] });
    await ask('redirect');
    expect(echo.received.map(({ path, headers }) => [path, headers.baggage])).toEqual([
      ['/redirect', `user.id=${CANARY}`],
      ['/landed', `user.id=${CANARY}`],
    ]);
    expect(new Set(echo.received.map(({ headers }) => headers.traceparent)).size).toBe(2);
  });

  it('are left alone where they have been sent already, and inside of suppressed code', async () => {
    const { app, echo, ask } = await start({ baggageHosts: ['*'] });
    await ask('expecting');
    await ask('untraced');
    expect(echo.received.map(({ path, headers }) => [path, headers.traceparent])).toEqual([
      ['/expecting', undefined],
      ['/fetch', undefined],
      ['/http', undefined],
    ]);
    expect(
      app.recorder
        .spans()
        .filter(({ kind }) => kind === 2)
        .map(({ attributes }) => attributes['url.full']),
    ).toEqual([`${echo.url}/expecting`]);
  });

  it('come in several formats at once', async () => {
    const { echo, ask } = await start({
      propagators: ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger'],
    });
    await ask('call');
    for (const { headers } of echo.received) {
      const [, traceId, spanId] = String(headers.traceparent).split('-');
      expect(headers).toMatchObject({
        b3: `${traceId}-${spanId}-1`,
        'x-b3-traceid': traceId,
        'x-b3-spanid': spanId,
        'uber-trace-id': `${traceId}:${spanId}:0:01`,
      });
      expect(JSON.stringify(headers)).not.toContain(CANARY);
    }
  });
});
