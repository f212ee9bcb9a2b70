/*
 * The sample app with a Redis: its order becomes a job of the second process.
 *
 *   node sample-app.mjs <port of Redis>
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const LIMIT_MILLIS = 30_000;
const main = fileURLToPath(new URL('../../sample-app/dist/main.js', import.meta.url));
const env = { ...process.env, PORT: '0', NO_COLOR: '1', REDIS_URL: `redis://127.0.0.1:${process.argv[2]}` };
const app = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
let printed = '';
app.stdout.setEncoding('utf8').on('data', (text) => (printed += text));

async function printedLike(pattern) {
  const signal = AbortSignal.timeout(LIMIT_MILLIS);
  while (!pattern.test(printed)) await once(app.stdout, 'data', { signal });
  return pattern.exec(printed);
}

try {
  const [url] = await printedLike(/http:\/\/localhost:\d+/);
  await printedLike(/is a job, by way of Redis/);
  const answer = await fetch(`${url}/orders/42/shipment`, { method: 'POST' });
  const { traceId } = await answer.json();
  await printedLike(new RegExp(`orders {2}trace ${traceId}[^]*send labels \\[producer\\]`));
  await printedLike(new RegExp(`process labels \\[consumer\\][^]*links to trace ${traceId}[^]*print label`));
  app.kill('SIGTERM');
  const [, signal] = await once(app, 'exit');
  assert.equal(signal, 'SIGTERM');
  console.log('redis: the sample app: ok');
} catch (error) {
  console.error(printed);
  throw error;
} finally {
  app.kill('SIGKILL');
}
