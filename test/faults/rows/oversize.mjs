// Receivers with a limit of 64 kB that say so with HTTP 400, and a port that answers gRPC with garbage: the
// first get all spans, the second is named.
import http from 'node:http';
import http2 from 'node:http2';
import { assert, assertIdentity, endSpan, startApp, waitFor } from '../lab.mjs';

const LIMIT = 64 * 1024;
const SPANS = 400;

export async function run({ figure }) {
  await small(figure);
  await garbage(figure);
}

async function small(figure) {
  let requests = 0;
  const server = http.createServer((request, response) => {
    let size = 0;
    request.on('data', (chunk) => (size += chunk.length));
    request.on('end', () => {
      requests++;
      response.statusCode = size > LIMIT ? 400 : 200;
      response.end(size > LIMIT ? 'http: request body too large' : undefined);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}/v1/traces`;
  const { manager, spans, close } = await startApp({
    metrics: false,
    exporter: { type: 'otlp-http', url },
    batch: { maxExportBatchSize: SPANS },
  });
  for (let index = 0; index < SPANS; index++) endSpan(manager, { body: 'x'.repeat(3_000) });
  await manager.forceFlush();
  const status = spans();
  figure('HTTP 400', `delivered ${status.delivered} of ${SPANS} in ${requests} requests`);
  assertIdentity(status);
  assert(status.delivered === SPANS, JSON.stringify(status));
  await close();
  server.closeAllConnections();
  server.close();
}

async function garbage(figure) {
  let requests = 0;
  const server = http2.createServer();
  const sessions = new Set();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream) => {
    requests++;
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    // As a length prefix of gRPC, `<htm` is far above any limit.
    stream.end('\0<html>It works!</html>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const { manager, spans, lines, close } = await startApp({
    metrics: false,
    exporter: { type: 'otlp-grpc', url },
    batch: { maxExportBatchSize: SPANS },
  });
  for (let index = 0; index < SPANS; index++) endSpan(manager);
  await manager.forceFlush();
  await waitFor(() => spans().queued === 0, 5_000, 'an empty queue');
  const status = spans();
  figure('garbage', `${requests} requests for ${SPANS} spans`);
  assertIdentity(status);
  assert(status.dropped.permanent_error === SPANS, JSON.stringify(status));
  assert(requests <= 3, `${requests} requests`);
  assert(
    lines.some((line) => line.includes('not that of an OTLP receiver')),
    lines.join('\n'),
  );
  await close();
  for (const session of sessions) session.destroy();
  server.close();
}
