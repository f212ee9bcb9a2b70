import { expect, it, onTestFinished, vi } from 'vitest';
import { PLAIN_SPAN, type SpanShape } from '../support/span-shape.js';
import { callsOf, startCallingApp } from './calling-app.js';

const OWN = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

function getSpan(path: string, attributes: SpanShape['attributes']): SpanShape {
  return {
    ...PLAIN_SPAN,
    name: 'GET',
    kind: 'CLIENT',
    attributes: {
      'http.request.method': 'GET',
      'url.full': `http://shop.example${path}`,
      'server.address': 'shop.example',
      'server.port': 80,
      ...attributes,
    },
  };
}

it('a fetch that is not undici, as in Bun, is wrapped while calls are recorded', async () => {
  const sent: unknown[] = [];
  const ownFetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const { method, headers } = request;
    sent.push([method, await request.text(), headers.get('traceparent'), headers.get('x-own')]);
    if (request.url.endsWith('/refused')) throw Object.assign(new Error('no'), { code: 'ConnectionRefused' });
    return new Response('hello', { status: request.url.endsWith('/gone') ? 404 : 200 });
  };
  vi.stubGlobal('fetch', ownFetch);
  const versions = Object.getOwnPropertyDescriptor(process, 'versions')!;
  Object.defineProperty(process, 'versions', {
    ...versions,
    value: { ...process.versions, undici: undefined },
  });
  onTestFinished(() => {
    Object.defineProperty(process, 'versions', versions);
    vi.unstubAllGlobals();
  });
  const app = await startCallingApp(async () => {
    const posted = new Request('http://shop.example/b', {
      method: 'post',
      body: 'text',
      headers: { 'x-own': '1' },
    });
    expect(await (await fetch('http://shop.example/a?token=secret')).text()).toBe('hello');
    await fetch(posted);
    await fetch(new URL('http://shop.example/gone'), { headers: [['TraceParent', OWN]] });
    await fetch('http://shop.example/refused').catch(() => undefined);
    await fetch('no address').catch(() => undefined);
  });
  expect(fetch).not.toBe(ownFetch);
  const spans = await callsOf(app);
  const [first, second] = app.recorder.spans().map((span) => span.spanContext());
  const post = getSpan('/b', { 'http.request.method': 'POST', 'http.response.status_code': 200 });
  expect(spans).toEqual([
    getSpan('/a?token=REDACTED', { 'http.response.status_code': 200 }),
    { ...post, name: 'POST' },
    {
      ...getSpan('/gone', {
        'http.response.status_code': 404,
        'nestjs.propagation.kept': 'traceparent',
        'error.type': '404',
      }),
      status: { code: 'ERROR' },
    },
    { ...getSpan('/refused', { 'error.type': 'ConnectionRefused' }), status: { code: 'ERROR' } },
  ]);
  expect(sent).toEqual([
    ['GET', '', `00-${first!.traceId}-${first!.spanId}-01`, null],
    ['POST', 'text', `00-${second!.traceId}-${second!.spanId}-01`, '1'],
    ['GET', '', OWN, null],
    ['GET', '', expect.any(String), null],
  ]);
  await app.close();
  expect(fetch).toBe(ownFetch);
});
