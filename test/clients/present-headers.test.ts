import { once } from 'node:events';
import http, { createServer } from 'node:http';
import axios, { AxiosHeaders } from 'axios';
import * as undici from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import type { TestApp } from '../support/test-app.js';
import { callsOf, startCallingApp } from './calling-app.js';

const OWN = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const PLACE = { hostname: '127.0.0.1', agent: false } as const;

/** The values of `traceparent` in each request, as they came; `/redirect` and `/busy` are asked again. */
async function startHeaderServer(): Promise<{ url: string; port: number; received: string[][] }> {
  const received: string[][] = [];
  const server = createServer(({ url, rawHeaders }, response) => {
    const isName = (index: number): boolean => rawHeaders[index - 1]?.toLowerCase() === 'traceparent';
    received.push(rawHeaders.filter((_, index) => index % 2 === 1 && isName(index)));
    if (url === '/redirect') response.writeHead(302, { location: '/landed' });
    if (url === '/busy' && received.length < 3) response.writeHead(503);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, port, received };
}

async function read(request: http.ClientRequest): Promise<void> {
  const [response] = (await once(request.end(), 'response')) as [http.IncomingMessage];
  response.resume();
  await once(response, 'end');
}

/** Names and values in turn, which Node writes at once. */
function raw(url: string, traceparent?: string): never {
  const own = traceparent === undefined ? [] : ['TraceParent', traceparent];
  return ['X-Own', '1', ...own, 'host', new URL(url).host] as never;
}

/** The header of each call's span. */
function sentBy({ recorder }: TestApp): string[][] {
  const ids = recorder.spans().filter(({ kind }) => kind === 2);
  return ids.map((span) => [`00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`]);
}

type Call = (url: string, port: number) => Promise<unknown>;

const calls: Readonly<Record<string, Call>> = {
  'fetch, object': (url) => fetch(url, { headers: { TraceParent: OWN } }),
  'fetch, Headers': (url) => fetch(url, { headers: new Headers({ TRACEPARENT: OWN }) }),
  'fetch, pairs': (url) => fetch(url, { headers: [['traceParent', OWN]] }),
  'fetch, Map': (url) => fetch(url, { headers: new Map([['TraceParent', OWN]]) as never }),
  'fetch, Request': (url) => fetch(new Request(url, { headers: { Traceparent: OWN } })),
  'undici, object': (url) => undici.request(url, { headers: { TraceParent: OWN } }),
  'undici, list of values': (url) => undici.request(url, { headers: { TraceParent: [OWN] } }),
  'undici, raw array': (url) => undici.request(url, { headers: ['TraceParent', OWN] }),
  'undici, Map': (url) => undici.request(url, { headers: new Map([['TraceParent', OWN]]) as never }),
  'undici, Headers': (url) =>
    undici.request(url, { headers: new undici.Headers({ TraceParent: OWN }) as never }),
  'undici, fetch': (url) => undici.fetch(url, { headers: { Traceparent: OWN } }),
  'http, object': (_, port) => read(http.request({ ...PLACE, port, headers: { TraceParent: OWN } })),
  'http, list of values': (_, port) =>
    read(http.request({ ...PLACE, port, headers: { TraceParent: [OWN] } })),
  'http, raw array': (url, port) => read(http.request({ ...PLACE, port, headers: raw(url, OWN) })),
  'http, raw array and get': (url, port) => read(http.get({ ...PLACE, port, headers: raw(url, OWN) })),
  'http, URL and object': (url) => read(http.get(new URL(url), { headers: { TRACEPARENT: OWN } })),
  'axios, object': (url) => axios.get(url, { headers: { TraceParent: OWN } }),
  'axios, AxiosHeaders': (url) => axios.get(url, { headers: new AxiosHeaders({ TRACEPARENT: OWN }) }),
  'axios through fetch': (url) => axios.get(url, { adapter: 'fetch', headers: { traceParent: OWN } }),
};

it.each(Object.keys(calls))(
  'a traceparent on the request is kept, alone, and the span says so: %s',
  async (name) => {
    const { url, port, received } = await startHeaderServer();
    const app = await startCallingApp(() => calls[name]!(url, port));
    const spans = await callsOf(app);
    expect(received).toEqual([[OWN]]);
    expect(spans.map(({ attributes }) => attributes['nestjs.propagation.kept'])).toEqual(['traceparent']);
  },
);

const setLater: Readonly<Record<string, Call>> = {
  setHeader: (url) => {
    const request = http.request(url, { agent: false });
    request.setHeader('TraceParent', OWN);
    return read(request);
  },
  setHeaders: (url) => {
    const request = http.request(url, { agent: false });
    request.setHeaders(new Map([['TraceParent', OWN]]));
    return read(request);
  },
};

it.each(Object.keys(setLater))(
  'a traceparent that node:http gets by other ways is alone: %s',
  async (name) => {
    const { url, port, received } = await startHeaderServer();
    const app = await startCallingApp(() => setLater[name]!(url, port));
    expect(await callsOf(app)).toHaveLength(1);
    expect(received).toEqual([[OWN]]);
  },
);

const resent: Readonly<Record<string, Call>> = {
  'fetch, redirect': (url) => fetch(`${url}/redirect`),
  'axios, redirect': (url) => axios.get(`${url}/redirect`),
  'undici, redirect': (url) =>
    undici.request(`${url}/redirect`, {
      dispatcher: new undici.Agent().compose(undici.interceptors.redirect({ maxRedirections: 2 })),
    }),
  'undici, retries': (url) =>
    undici.request(`${url}/busy`, {
      dispatcher: new undici.RetryAgent(new undici.Agent(), { minTimeout: 1, statusCodes: [503] }),
    }),
};

it.each(Object.keys(resent))(
  'a request that is sent again has the header of its own span: %s',
  async (name) => {
    const { url, port, received } = await startHeaderServer();
    const app = await startCallingApp(async () => {
      const { body } = ((await resent[name]!(url, port)) ?? {}) as { body?: { text?(): Promise<string> } };
      await body?.text?.();
    });
    const spans = await callsOf(app);
    expect(received).toEqual(sentBy(app));
    expect(spans.map(({ attributes }) => attributes['http.request.resend_count'] ?? 0)).toEqual(
      received.map((_, index) => index),
    );
  },
);
