// 100 open streams of server-sent events, SIGTERM: every stream's span is delivered, and the
// process is gone within 5 s.
import http from 'node:http';
import { assert, startReceiver, startScript, waitFor } from '../lab.mjs';

const STREAMS = 100;

export async function run({ figure }) {
  const receiver = await startReceiver('grpc');
  const app = startScript('script-sse.mjs', [
    JSON.stringify({ telemetry: { exporter: receiver.exporter, sse: { onShutdown: 'complete' } } }),
  ]);
  await waitFor(() => app.messages.length > 0, 10_000, `the app: ${app.output()}`);
  const [{ port }] = app.messages;
  let open = 0;
  let closed = 0;
  for (let index = 0; index < STREAMS; index++) {
    http
      .get({ port, host: '127.0.0.1', path: '/feed', agent: false }, (response) => {
        response.once('data', () => open++);
        response.on('error', () => {});
        response.on('close', () => closed++);
      })
      .on('error', () => {});
  }
  await waitFor(() => open === STREAMS, 10_000, 'a first event on every stream');
  const begun = performance.now();
  app.child.kill('SIGTERM');
  const timer = setTimeout(() => app.child.kill('SIGKILL'), 8_000);
  const { signal, at } = await app.exited;
  clearTimeout(timer);
  const { unique } = await receiver.stats();
  figure('delivered', `${unique} of ${STREAMS} streams' spans`);
  figure('gone after', `${(at - begun).toFixed(0)} ms`);
  assert(signal !== 'SIGKILL', 'the open streams kept the process alive');
  assert(at - begun < 5_000, 'it took more than 5 s');
  assert(unique === STREAMS, 'spans of open streams were lost');
  await waitFor(() => closed === STREAMS, 1_000, 'the end of every stream');
  receiver.stop();
}
