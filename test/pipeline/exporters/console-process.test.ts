import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

function start(way: string): ChildProcessWithoutNullStreams {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const hooks = new URL('typescript-hooks.mjs', import.meta.url).href;
  const script = fileURLToPath(new URL('console-script.ts', import.meta.url));
  return spawn(process.execPath, ['--import', hooks, script, way], { env });
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text;
}

const cases = [
  ['ends by itself', 'job'],
  ['calls process.exit', 'child'],
] as const;

it.each(cases)('prints what waits when the process %s', async (way, name) => {
  const child = start(way);
  const [output, errors] = [textOf(child.stdout), textOf(child.stderr)];
  await once(child, 'close');
  expect([child.exitCode, errors()]).toEqual([0, '']);
  expect(output()).toMatch(new RegExp(`^orders  trace 0{31}1  14:03:22.123.*\n${name} +1.00 ms\n\n$`));
});

it('lives on and counts when the reader of standard output goes away', async () => {
  const child = start('outlives its reader');
  const errors = textOf(child.stderr);
  child.stdout.destroy();
  child.stdin.end();
  await once(child, 'close');
  expect(child.exitCode).toBe(0);
  const status = JSON.parse(errors());
  expect(status).toMatchObject({ ended: 21, delivered: 0, lastError: { code: 'EPIPE' } });
  expect(Number(status.dropped.exporter_error) + Number(status.queuedSpans)).toBe(21);
});
