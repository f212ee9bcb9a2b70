/*
 * Receivers that keep the bytes of every export: the name of a span or metric stands in them as
 * plain text in every encoding.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';

const emptyGrpcMessage = Buffer.alloc(5);

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

export async function startReceivers() {
  const received = new Map();
  const keep = (kind, bytes) =>
    received.set(kind, Buffer.concat([received.get(kind) ?? Buffer.alloc(0), bytes]));
  const http = createServer((request, response) => {
    request.on('data', (bytes) => keep(request.url.slice(1), bytes));
    request.on('end', () => response.end());
  });
  const sessions = new Set();
  const grpc = createHttp2Server();
  grpc.on('session', (session) => sessions.add(session));
  grpc.on('stream', (stream, headers) => {
    const kind = headers[':path'].includes('MetricsService') ? 'grpc-metrics' : 'grpc';
    stream.on('data', (bytes) => keep(kind, bytes));
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(emptyGrpcMessage);
    });
  });
  return {
    httpUrl: await listening(http),
    grpcUrl: await listening(grpc),
    has: (kind, text) => received.get(kind)?.includes(text) ?? false,
    close: () => {
      http.close();
      http.closeAllConnections();
      for (const session of sessions) session.destroy();
      grpc.close();
    },
  };
}
