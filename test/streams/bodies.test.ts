import { once } from 'node:events';
import { PassThrough, Readable, type Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Controller, Get, Res, StreamableFile } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { ALL_SERVERS } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';

/** Of whichever framework. */
interface AnyReply {
  readonly raw?: AnyResponse;
}
interface AnyResponse {
  write(chunk: string | Buffer): unknown;
  end(chunk?: string): unknown;
}

const unpipeListeners: number[] = [];

const rawOf = (reply: AnyReply): AnyResponse => reply.raw ?? (reply as unknown as AnyResponse);

@Controller('bodies')
class Bodies {
  @Get('json')
  json(): object {
    return { ok: true };
  }

  @Get('nothing')
  nothing(): void {}

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Readable.from(['héllo', Buffer.from(' wörld')]));
  }

  @Get('generator')
  async *generator(): AsyncGenerator<string> {
    for (const word of ['one ', 'two ', 'three']) {
      await turn();
      yield word;
    }
  }

  @Get('response')
  response(): Response {
    return new Response(new Blob(['from a ', 'fetch response']).stream());
  }

  @Get('written')
  written(@Res() reply: AnyReply): void {
    const response = rawOf(reply);
    response.write('a');
    response.write(Buffer.from('bc'));
    setImmediate(() => response.end('def'));
  }

  @Get('endless')
  endless(): StreamableFile {
    const body = new PassThrough();
    body.write('first');
    return new StreamableFile(body);
  }

  @Get('broken')
  broken(): StreamableFile {
    const chunks = ['a', 'b'];
    return new StreamableFile(
      new Readable({
        read() {
          setImmediate(() => {
            const chunk = chunks.shift();
            if (chunk === undefined) this.destroy(new RangeError('the disk is gone'));
            else this.push(chunk);
          });
        },
      }),
    );
  }

  @Get('broken-upstream')
  brokenUpstream(@Res() reply: AnyReply): void {
    const response = rawOf(reply) as unknown as Writable;
    const upstream = new Readable({ read() {} });
    upstream.on('error', () => response.destroy());
    upstream.pipe(response);
    upstream.push('abc');
    setImmediate(() => upstream.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })));
  }

  @Get('broken-generator')
  async *brokenGenerator(): AsyncGenerator<string> {
    yield 'a';
    await turn();
    throw new RangeError('the disk is gone');
  }

  @Get('thrown-after')
  async thrownAfter(@Res() reply: AnyReply): Promise<void> {
    rawOf(reply).write('abc');
    await turn();
    throw new RangeError('the disk is gone');
  }

  @Get('joined')
  async joined(@Res() reply: AnyReply): Promise<void> {
    const response = rawOf(reply) as unknown as NodeJS.WritableStream;
    for (let part = 0; part < 12; part++) {
      const source = Readable.from(['x']);
      source.pipe(response, { end: false });
      await once(source, 'end');
      unpipeListeners.push(response.listenerCount('unpipe'));
    }
    response.end();
  }

  @Get('broken-objects')
  brokenObjects(): StreamableFile {
    return new StreamableFile(Readable.from(this.brokenGenerator()));
  }
}

describe.each(ALL_SERVERS)('a body written piece by piece on $name', (server) => {
  it.each([
    ['file', Buffer.byteLength('héllo wörld')],
    ['generator', 13],
    ['response', 21],
    ['written', 6],
  ])('lasts until the response closes: %s', async (path, bytes) => {
    const app = await startApp({ server, controllers: [Bodies] });
    const { body } = await app.get(`/bodies/${path}`);
    expect(Buffer.byteLength(body)).toBe(bytes);
    const { attributes, status } = await app.recorder.waitFor(`GET /bodies/${path}`);
    expect(status).toEqual({ code: 0 });
    expect(attributes).toMatchObject({
      'stream.outcome': 'completed',
      'stream.bytes': bytes,
      'http.response.status_code': 200,
    });
    expect(attributes).not.toHaveProperty('stream.events');
  });

  it.each(['json', 'nothing'])('is not what a plain answer is: %s', async (path) => {
    const app = await startApp({ server, controllers: [Bodies] });
    await app.get(`/bodies/${path}`);
    const { attributes } = await app.recorder.waitFor(`GET /bodies/${path}`);
    expect(Object.keys(attributes).filter((key) => key.startsWith('stream.'))).toEqual([]);
  });

  it('tells of a client that leaves', async () => {
    const app = await startApp({ server, controllers: [Bodies] });
    const open = app.open({ path: '/bodies/endless' });
    await open.firstChunk;
    open.abort();
    const { attributes, status } = await app.recorder.waitFor('GET /bodies/endless');
    expect(status).toEqual({ code: 0 });
    expect(attributes).toMatchObject({ 'stream.outcome': 'client_disconnect', 'stream.bytes': 5 });
  });

  it('tells of a source that fails in the middle', async () => {
    const app = await startApp({ server, controllers: [Bodies] });
    await app.get('/bodies/broken').catch(() => undefined);
    const { attributes, status, events } = await app.recorder.waitFor('GET /bodies/broken');
    expect(status).toEqual({ code: 2, message: 'the disk is gone' });
    expect(attributes).toMatchObject({ 'stream.outcome': 'error', 'error.type': 'RangeError' });
    expect(events.map(({ name }) => name)).toEqual(['exception']);
  });

  it('tells an upstream that goes away from a client that does', async () => {
    const app = await startApp({ server, controllers: [Bodies] });
    await app.get('/bodies/broken-upstream').catch(() => undefined);
    const { attributes, status } = await app.recorder.waitFor('GET /bodies/broken-upstream');
    expect(status).toEqual({ code: 2, message: 'aborted' });
    expect(attributes).toMatchObject({ 'stream.outcome': 'error', 'error.type': 'Error' });
  });

  it('records what a handler throws after it has begun to write', async () => {
    const app = await startApp({ server, controllers: [Bodies] });
    await app.get('/bodies/thrown-after').catch(() => undefined);
    const { attributes, status, events } = await app.recorder.waitFor('GET /bodies/thrown-after');
    expect(status).toEqual({ code: 2, message: 'the disk is gone' });
    expect(attributes).toMatchObject({
      'stream.outcome': 'error',
      'stream.bytes': 3,
      'error.type': 'RangeError',
      'http.response.status_code': 200,
    });
    expect(events.map(({ name }) => name)).toEqual(['exception']);
  });

  it('gathers no listeners where many sources are piped into one body', async () => {
    const app = await startApp({ server, controllers: [Bodies] });
    unpipeListeners.length = 0;
    expect((await app.get('/bodies/joined')).body).toBe('x'.repeat(12));
    const { attributes } = await app.recorder.waitFor('GET /bodies/joined');
    expect(attributes).toMatchObject({ 'stream.outcome': 'completed', 'stream.bytes': 12 });
    expect(new Set(unpipeListeners).size).toBe(1);
  });

  it.each(['broken-generator', 'broken-objects'])(
    'tells that a source broke off whose failure only the adapter may see: %s',
    async (path) => {
      const app = await startApp({ server, controllers: [Bodies] });
      await app.get(`/bodies/${path}`).catch(() => undefined);
      const { attributes, status } = await app.recorder.waitFor(`GET /bodies/${path}`);
      expect(status.code).toBe(2);
      expect(attributes).toMatchObject({
        'stream.outcome': 'error',
        'error.type': expect.stringMatching(/^(RangeError|premature_end)$/),
      });
    },
  );
});
