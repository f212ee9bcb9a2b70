import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import http, { get as namedGet } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { Controller, Get, Inject, Module, Query } from '@nestjs/common';
import { HttpModule, HttpService } from '@nestjs/axios';
import { lastValueFrom } from 'rxjs';
import { Pool, request as undiciRequest } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TelemetryModule, TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { HTTP_CHANNELS } from './http-channels.js';
import { startEchoServer } from '../support/echo-server.js';
import { EXPRESS, FASTIFY } from '../support/server-kinds.js';
import { PLAIN_SPAN, shapeOf, type SpanShape } from '../support/span-shape.js';
import { startApp, type TestApp, type TestAppOptions } from '../support/test-app.js';

const OWN = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const FUNCTIONS = { request: http.request, get: http.get, secure: https.request, connect: http2.connect };

let work: (query: Record<string, string>) => unknown;

@Controller()
class CallController {
  constructor(@Inject(HttpService) readonly axios: HttpService) {}

  @Get('call')
  call(@Query() query: Record<string, string>): unknown {
    return work.call(this, query);
  }
}

function start(telemetry: TelemetryModuleOptions = {}, options: TestAppOptions = {}): Promise<TestApp> {
  return startApp({ imports: [HttpModule], controllers: [CallController], telemetry, ...options });
}

async function clientSpans(app: TestApp, path = '/call', wait = 'GET /call'): Promise<SpanShape[]> {
  await app.get(path);
  const server = await app.recorder.waitFor(wait);
  const spans = app.recorder.spans().filter(({ kind }) => kind === 2);
  for (const span of spans)
    expect(span.parentSpanContext).toMatchObject({ spanId: server.spanContext().spanId });
  return spans.map((span) => ({ ...shapeOf(span), parent: undefined }));
}

function requestSpan(url: string, attributes: SpanShape['attributes'] = {}): SpanShape {
  const { hostname, port } = new URL(url);
  return {
    ...PLAIN_SPAN,
    name: 'GET',
    kind: 'CLIENT',
    attributes: {
      'http.request.method': 'GET',
      'url.full': url,
      'server.address': hostname,
      'server.port': Number(port),
      'http.response.status_code': 200,
      ...attributes,
    },
  };
}

function getWith(get: typeof http.get, url: string, options: http.RequestOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, options, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve(body));
    }).on('error', reject);
  });
}

/** An address at which nobody listens any more. */
async function closedAddress(): Promise<string> {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

describe.each([EXPRESS, FASTIFY])('outgoing HTTP calls on $name', (server) => {
  it('are children of the request, in one trace with whom they call, through fetch, node:http, axios and undici', async () => {
    const { url, received } = await startEchoServer();
    work = async function (this: CallController) {
      await (await fetch(`${url}/fetch?q=1`)).text();
      await getWith(http.get, `${url}/get`);
      await getWith(namedGet, `${url}/named`);
      await lastValueFrom(this.axios.get(`${url}/axios`));
      await (await undiciRequest(`${url}/undici`)).body.text();
      return '';
    };
    const app = await start({}, { server });
    const version = { 'network.protocol.version': '1.1' };
    expect(await clientSpans(app)).toEqual([
      requestSpan(`${url}/fetch?q=1`, { 'http.response.body.size': 10 }),
      requestSpan(`${url}/get`, { 'http.response.body.size': 4, ...version }),
      requestSpan(`${url}/named`, { 'http.response.body.size': 6, ...version }),
      requestSpan(`${url}/axios`, { 'http.response.body.size': 6, ...version }),
      requestSpan(`${url}/undici`, { 'http.response.body.size': 7 }),
    ]);
    const spans = app.recorder.spans().filter(({ kind }) => kind === 2);
    expect(received.map(({ headers }) => headers.traceparent)).toEqual(
      spans.map((span) => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`),
    );
  });
});

describe('outgoing HTTP calls', () => {
  it('of HTTP/2 sessions are recorded, in every form of headers', async () => {
    const server = http2.createServer();
    const received: http2.IncomingHttpHeaders[] = [];
    server.on('stream', (stream, headers) => {
      received.push(headers);
      stream.respond({ ':status': 200 });
      stream.end('hello');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const place = { ':method': 'GET', ':path': '/h2', ':scheme': 'http', ':authority': 'here' };
    const objects = [place, { ...place, TraceParent: OWN }];
    // Node 24 also takes names and values in turn.
    const takesLists = Number.parseInt(process.versions.node, 10) >= 24;
    const forms = [...objects, ...(takesLists ? objects.map((form) => Object.entries(form).flat()) : [])];
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    work = async () => {
      const session = http2.connect(url);
      for (const headers of forms) {
        const stream = session.request(headers as http2.OutgoingHttpHeaders);
        stream.resume();
        await once(stream, 'close');
      }
      session.close();
    };
    const app = await start();
    const version = { 'network.protocol.version': '2' };
    const kept = { ...version, 'nestjs.propagation.kept': 'traceparent' };
    const expected = [requestSpan(`${url}/h2`, version), requestSpan(`${url}/h2`, kept)];
    expect(await clientSpans(app)).toEqual(expected.concat(forms.length > 2 ? expected : []));
    const ids = app.recorder.spans().filter(({ kind }) => kind === 2);
    expect(received.map((headers) => headers['traceparent'])).toEqual(
      ids.map((span, index) => {
        const { traceId, spanId } = span.spanContext();
        return index % 2 === 1 ? OWN : `00-${traceId}-${spanId}-01`;
      }),
    );
  });

  it('keep a traceparent that is there already, and say so', async () => {
    const { url, received } = await startEchoServer();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    work = async () => {
      await (await fetch(`${url}/fetch`, { headers: { traceparent } })).text();
      await getWith(http.get, `${url}/get`, { headers: { Traceparent: traceparent } });
    };
    const app = await start();
    const kept = { 'nestjs.propagation.kept': 'traceparent' };
    expect(await clientSpans(app)).toEqual([
      requestSpan(`${url}/fetch`, { ...kept, 'http.response.body.size': 6 }),
      requestSpan(`${url}/get`, { ...kept, 'http.response.body.size': 4, 'network.protocol.version': '1.1' }),
    ]);
    expect(received.map(({ headers }) => headers.traceparent)).toEqual([traceparent, traceparent]);
  });

  it('that fail say how, and those that are sent again say how often', async () => {
    const { url } = await startEchoServer();
    const refused = await closedAddress();
    work = async () => {
      await (await fetch(`${url}/redirect`)).text();
      await fetch(`${refused}/fetch`).catch(() => undefined);
      await getWith(http.get, `${refused}/get`).catch(() => undefined);
      await fetch(`${url}/abort`, { signal: AbortSignal.abort() }).catch(() => undefined);
    };
    const app = await start();
    const [first, second, ...failed] = await clientSpans(app);
    expect([first, second]).toEqual([
      requestSpan(`${url}/redirect`, { 'http.response.status_code': 302 }),
      requestSpan(`${url}/landed`, { 'http.request.resend_count': 1, 'http.response.body.size': 7 }),
    ]);
    const failure = (path: string): SpanShape => ({
      ...PLAIN_SPAN,
      name: 'GET',
      kind: 'CLIENT',
      status: { code: 'ERROR' },
      attributes: {
        'http.request.method': 'GET',
        'url.full': `${refused}${path}`,
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(refused).port),
        'error.type': 'ECONNREFUSED',
      },
    });
    expect(failed).toEqual([failure('/fetch'), failure('/get')]);
  });

  it('belong to the flow that makes them, with 200 requests at once and one connection for all', async () => {
    const { url, received } = await startEchoServer();
    const pool = new Pool(url, { connections: 1 });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
    onTestFinished(() => {
      void pool.close();
      agent.destroy();
    });
    work = async ({ id }) => {
      await Promise.all([
        pool.request({ path: `/pool-${id}`, method: 'GET' }).then(({ body }) => body.text()),
        getWith(http.get, `${url}/get-${id}`, { agent }),
        fetch(`${url}/fetch-${id}`).then((response) => response.text()),
      ]);
    };
    const app = await start();
    const ids = Array.from({ length: 200 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => app.get(`/call?id=${id}`)));
    const asked = new Map(
      app.recorder
        .spans()
        .filter(({ kind }) => kind === 1)
        .map((span) => [span.spanContext().spanId, String(span.attributes['url.query']).slice(3)]),
    );
    const calls = app.recorder
      .spans()
      .filter(({ kind }) => kind === 2)
      .map((span) => [
        asked.get(span.parentSpanContext?.spanId ?? ''),
        new URL(String(span.attributes['url.full'])).pathname.split('-')[1],
      ]);
    expect(calls).toHaveLength(600);
    expect(calls.filter(([parent, own]) => parent !== own)).toEqual([]);
    expect(new Set(received.map(({ headers }) => headers.traceparent)).size).toBe(600);
  });

  it('outside of every flow make no span and get no header, unless they are asked for', async () => {
    const { url, received } = await startEchoServer();
    const app = await start();
    await (await fetch(`${url}/outside`)).text();
    expect(app.recorder.spans()).toEqual([]);
    expect(received[0]?.headers).not.toHaveProperty('traceparent');
    await app.app.get(TracerManager).reconfigure({ clients: { outsideFlows: true } });
    await (await fetch(`${url}/outside`)).text();
    expect(app.recorder.spans().map(shapeOf)).toEqual([
      requestSpan(`${url}/outside`, { 'http.response.body.size': 8 }),
    ]);
  });

  it('are left out by host, by address and by configuration, live', async () => {
    const { url, port, received } = await startEchoServer();
    work = async () => {
      await (await fetch(`${url}/a`)).text();
      await (await fetch(`${url}/private/b`)).text();
    };
    const app = await start({ clients: { http: { exclude: [/\/private\//g] } } });
    const paths = async (): Promise<string[]> => {
      app.recorder.clear();
      const spans = await clientSpans(app);
      return spans.map(({ attributes }) => new URL(String(attributes['url.full'])).pathname);
    };
    const manager = app.app.get(TracerManager);
    expect(await paths()).toEqual(['/a']);
    await manager.reconfigure({ clients: { http: { exclude: [`127.0.0.1:${port}`] } } });
    expect(await paths()).toEqual([]);
    await manager.reconfigure({ clients: { http: {} } });
    expect(await paths()).toEqual(['/a', '/private/b']);
    await manager.reconfigure({ clients: { http: false } });
    expect(await paths()).toEqual([]);
    expect(
      received.filter(({ headers }) => headers.traceparent !== undefined).map(({ path }) => path),
    ).toEqual(['/a', '/a', '/private/b']);
  });

  it('of a provider of another instance go to the pipeline of the flow', async () => {
    const { url } = await startEchoServer();
    const recorder = new SpanRecorder();
    const billing = TelemetryModule.forRoot({ service: { name: 'billing' }, exporter: recorder });
    @Controller('billing')
    class BillingController {
      @Get()
      async call(): Promise<string> {
        return (await fetch(`${url}/billing`)).text();
      }
    }
    class BillingModule {}
    Module({ imports: [billing], controllers: [BillingController] })(BillingModule);
    work = async () => (await fetch(`${url}/root`)).text();
    const app = await start({ isGlobal: false }, { imports: [HttpModule, BillingModule] });
    await Promise.all([app.get('/call'), app.get('/billing')]);
    await Promise.all([app.recorder.waitFor('GET /call'), recorder.waitFor('GET /billing')]);
    const called = (spans: ReturnType<SpanRecorder['spans']>): unknown[] =>
      spans.filter(({ kind }) => kind === 2).map(({ attributes }) => attributes['url.full']);
    expect(called(app.recorder.spans())).toEqual([`${url}/root`]);
    expect(called(recorder.spans())).toEqual([`${url}/billing`]);
  });

  it('of a route that no instance covers make no span and get no header', async () => {
    const { url, received } = await startEchoServer();
    const recorder = new SpanRecorder();
    class BillingModule {}
    const billing = TelemetryModule.forRoot({ service: { name: 'billing' }, exporter: recorder });
    Module({ imports: [billing] })(BillingModule);
    work = async () => (await fetch(`${url}/uncovered`)).text();
    const app = await startApp({
      telemetry: false,
      imports: [HttpModule, BillingModule],
      controllers: [CallController],
    });
    expect((await app.get('/call')).status).toBe(200);
    await app.close();
    expect(received.map(({ path, headers }) => [path, headers.traceparent])).toEqual([
      ['/uncovered', undefined],
    ]);
    expect(recorder.spans()).toEqual([]);
  });

  it('leave no subscriber and no patched function behind', async () => {
    const functions = (): unknown => ({
      request: http.request,
      get: http.get,
      secure: https.request,
      connect: http2.connect,
    });
    const subscribed = (): string[] => HTTP_CHANNELS.filter((name) => diagnostics.hasSubscribers(name));
    expect(functions()).toEqual(FUNCTIONS);
    const before = subscribed();
    const app = await start();
    const other = await start();
    expect(subscribed().length).toBeGreaterThan(before.length);
    expect(http2.connect).not.toBe(FUNCTIONS.connect);
    await app.app.get(TracerManager).reconfigure({ enabled: false });
    expect(subscribed().length).toBeGreaterThan(before.length);
    await other.close();
    expect(subscribed()).toEqual(before);
    expect(functions()).toEqual(FUNCTIONS);
    await app.app.get(TracerManager).reconfigure({ enabled: true });
    expect(subscribed().length).toBeGreaterThan(before.length);
    await app.app.get(TracerManager).reconfigure({ clients: false });
    expect(subscribed()).toEqual(before);
    await app.close();
    expect(functions()).toEqual(FUNCTIONS);
  });
});
