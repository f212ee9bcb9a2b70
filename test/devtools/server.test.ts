import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DevtoolsServer, Recorder } from '../../src/devtools/index.js';
import { ask, startDevtools } from './support/devtools-client.js';
import { FAILED, span } from './support/spans.js';

describe('who may look', () => {
  it('moves the token of the address into a cookie that scripts cannot read', async () => {
    const { server } = await startDevtools();
    const { port, token } = server;

    const first = await ask(port, `/?token=${token}`);
    expect(first).toMatchObject({ status: 303, headers: { location: '/' } });
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^nestjs-telemetry-\d+=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/);

    const page = await ask(port, '/', { cookie: cookie.split(';')[0] ?? '' });
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self'/);
  });

  it('keeps its token to itself, a new one at each start', async () => {
    const [one, two] = [await startDevtools(), await startDevtools()];
    expect(one.server.token).not.toBe(two.server.token);
    expect(
      (await ask(one.server.port, '/api/traces', { authorization: `Bearer ${two.server.token}` })).status,
    ).toBe(401);
  });

  it.each([
    ['no token', '/api/traces', {}, 401],
    ['a wrong bearer token', '/api/traces', { authorization: 'Bearer wrong' }, 401],
    ['a wrong token in the address', '/?token=wrong', {}, 401],
    ['a token in the address of the API', '/api/traces?token=TOKEN', {}, 401],
    ['an empty bearer token', '/api/traces', { authorization: 'Bearer ' }, 401],
    ['a wrong cookie', '/', { cookie: 'nestjs-telemetry-PORT=wrong' }, 401],
    ['the page without a token', '/', {}, 401],
    ['the script of the page without a token', '/page.js', {}, 401],
    ['a name that was rebound', '/api/traces', { host: 'evil.example', authorization: 'Bearer TOKEN' }, 403],
    [
      'a name that begins like a loopback one',
      '/api/traces',
      { host: 'localhost.evil.example', authorization: 'Bearer TOKEN' },
      403,
    ],
    ['another address', '/api/traces', { host: '192.168.0.7:PORT', authorization: 'Bearer TOKEN' }, 403],
    [
      'a page of another site',
      '/api/traces',
      { origin: 'http://evil.example', authorization: 'Bearer TOKEN' },
      403,
    ],
    [
      'a page of another port',
      '/api/traces',
      { origin: 'http://localhost:1', authorization: 'Bearer TOKEN' },
      403,
    ],
    ['an opaque origin', '/api/traces', { origin: 'null', authorization: 'Bearer TOKEN' }, 403],
    ['the token', '/api/traces', { authorization: 'Bearer TOKEN' }, 200],
    ['the token in its cookie', '/api/traces', { cookie: 'a=b; nestjs-telemetry-PORT=TOKEN; c=d' }, 200],
  ])('%s answers as it must', async (_who, path, headers, status) => {
    const { server } = await startDevtools();
    const fill = (text: string): string =>
      text.replace('TOKEN', server.token).replace('PORT', String(server.port));
    const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]));

    const answer = await ask(server.port, fill(path), filled);
    expect(answer.status).toBe(status);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('makes guessing slow', async () => {
    const { server } = await startDevtools();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, guess) =>
        ask(server.port, '/api/traces', { authorization: `Bearer ${guess}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(10);
    expect(answers.some(({ status }) => status === 200)).toBe(false);
  });

  it.each([
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '//etc/passwd',
    '/page.js/../../x',
    '/api/../x',
  ])('%s leads nowhere', async (path) => {
    const { server } = await startDevtools();
    expect((await ask(server.port, path, { authorization: `Bearer ${server.token}` })).status).toBe(404);
  });
});

describe('the API', () => {
  it('lists, shows and forgets traces', async () => {
    const { recorder, server, get } = await startDevtools();
    const root = span({ attributes: { 'http.route': '/orders' }, status: FAILED });
    recorder.store.add(root);
    recorder.store.add(span({ name: 'GET /health' }));

    expect(await get('/api/traces?filter=status:error')).toEqual({
      total: 1,
      traces: [
        {
          traceId: root.traceId,
          name: 'GET /orders',
          service: 'shop',
          services: ['shop'],
          route: '/orders',
          start: root.start,
          durationMillis: 10,
          status: 'error',
          spanCount: 1,
          errorCount: 1,
          droppedSpans: 0,
        },
      ],
    });
    expect(await get(`/api/traces/${root.traceId}`)).toMatchObject({
      name: 'GET /orders',
      spans: [{ spanId: root.spanId }],
    });
    expect((await get('/api/errors')).errors).toHaveLength(1);
    expect((await get('/api/routes')).routes).toHaveLength(2);

    const headers = { authorization: `Bearer ${server.token}` };
    expect(await ask(server.port, '/api/traces', headers, { method: 'DELETE' })).toMatchObject({
      status: 200,
    });
    expect(await get('/api/traces')).toEqual({ total: 0, traces: [] });
  });

  it.each([
    ['GET', '/api/nothing', 404],
    ['GET', `/api/traces/${'f'.repeat(32)}`, 404],
    ['GET', '/api/traces/__proto__', 404],
    ['GET', '/api/traces?limit=-1', 400],
    ['PUT', '/api/traces', 405],
    ['POST', '/api/control', 415],
    ['POST', '/page.js', 405],
  ])('%s %s answers %i in words', async (method, path, status) => {
    const { server } = await startDevtools();
    const answer = await ask(server.port, path, { authorization: `Bearer ${server.token}` }, { method });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body).error).toMatch(/\w{4}/);
  });

  it('reads again what it wrote as OTLP', async () => {
    const from = await startDevtools();
    const root = span({
      attributes: { text: 'a', number: 1.5, whole: 7, yes: true, list: ['a', 'b'] },
      events: [{ name: 'exception', time: 1_000_000.25, attributes: { 'exception.message': 'boom' } }],
      links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: { why: 'retry' } }],
      status: FAILED,
    });
    from.recorder.store.add(root);
    const to = await startDevtools();

    const otlp = await from.get<object>(`/api/traces/${root.traceId}/otlp`);
    expect(await to.post('/api/import', otlp)).toMatchObject({ status: 200, body: '{"spans":1,"logs":0}' });
    const { bytes: _before, ...before } = (await from.get(`/api/traces/${root.traceId}`)).spans[0];
    const { bytes: _after, ...after } = (await to.get(`/api/traces/${root.traceId}`)).spans[0];
    expect(after).toEqual(before);
  });

  it('refuses bodies that are too large', async () => {
    const { server } = await startDevtools();
    const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ action: 'reconfigure', change: { text: 'x'.repeat(70_000) } });
    expect((await ask(server.port, '/api/control', headers, { method: 'POST', body })).status).toBe(413);
  });

  it('tells pages of changes as they come', async () => {
    const { recorder, server } = await startDevtools();
    const response = await fetch(`${server.origin}/api/live`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const added = span({ name: 'GET /live' });
    recorder.store.add(added);

    let text = '';
    while (!text.includes('GET /live')) text += (await reader.read()).value ?? '';
    expect(text).toContain(added.traceId);
    await reader.cancel();
  });
});

describe('a port that is taken', () => {
  it('makes it take the next one', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    const { port } = holder.address() as { port: number };

    const server = await DevtoolsServer.start(new Recorder(), { port });
    onTestFinished(() => server.close());
    expect(server.port).toBeGreaterThan(port);
  });
});
