import { Writable } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { StandardOutput } from '../../../src/base/standard-output.js';

/** A stream in the place of standard output, as a terminal or not. */
function standIn(write: Writable['_write'], about: Partial<NodeJS.WriteStream> = {}): NodeJS.WriteStream {
  return Object.assign(new Writable({ write }), about) as NodeJS.WriteStream;
}

const accept: Writable['_write'] = (_chunk, _encoding, done) => done();

afterEach(() => {
  vi.unstubAllEnvs();
});

it('survives a reader that goes away, and does not write to it again', async () => {
  let writes = 0;
  const stream = standIn((_chunk, _encoding, done) => {
    writes++;
    done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  });
  const output = new StandardOutput(stream);
  const outcomes: unknown[] = [];
  // Without the listener of ours, the stream's `error` event would end this process.
  const closed = new Promise((resolve) => stream.on('close', resolve));
  output.write('one', (error) => outcomes.push(error));
  await closed;
  output.write('two', (error) => outcomes.push(error));
  expect(outcomes).toEqual([
    expect.objectContaining({ code: 'EPIPE' }),
    expect.objectContaining({ code: 'EPIPE' }),
  ]);
  expect(writes).toBe(1);
});

it('leaves no listener behind', async () => {
  const stream = standIn(accept);
  const output = new StandardOutput(stream);
  const before = stream.listenerCount('error');
  await Promise.all(
    ['a', 'b', 'c'].map((text) => new Promise<void>((resolve) => output.write(text, () => resolve()))),
  );
  await vi.waitFor(() => expect(stream.listenerCount('error')).toBe(before));
});

it('refuses more when nobody reads', () => {
  const output = new StandardOutput(standIn(() => undefined));
  const outcomes: unknown[] = [];
  const half = 'x'.repeat(9 * 1024 * 1024);
  for (let write = 0; write < 3; write++) output.write(half, (error) => outcomes.push(error));
  expect(outcomes).toEqual([expect.objectContaining({ code: 'EAGAIN' })]);
});

it('has colours on a terminal only, and never with NO_COLOR', () => {
  vi.stubEnv('TERM', 'xterm-256color');
  vi.stubEnv('NO_COLOR', '');
  expect(new StandardOutput(standIn(accept, { isTTY: true })).color).toBe(true);
  expect(new StandardOutput(standIn(accept)).color).toBe(false);
  vi.stubEnv('TERM', 'dumb');
  expect(new StandardOutput(standIn(accept, { isTTY: true })).color).toBe(false);
  vi.stubEnv('TERM', 'xterm-256color');
  vi.stubEnv('NO_COLOR', '1');
  expect(new StandardOutput(standIn(accept, { isTTY: true })).color).toBe(false);
});

it('fits narrow and wide terminals', () => {
  const columns = [undefined, 0, 20, 80, 300].map((columns) =>
    columns === undefined ? standIn(accept) : standIn(accept, { columns }),
  );
  expect(columns.map((stream) => new StandardOutput(stream).columns)).toEqual([100, 100, 60, 80, 100]);
});
