// Receivers that repeat the exporter's secrets, with line breaks and at length: no line,
// status or answer shows one.
import http from 'node:http';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { assert, assertIdentity, endSpan, startApp } from '../lab.mjs';

const SECRET = 'SECRET-tok3n-99';
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const LONG = `\nFAKE LOG LINE\r\n${'x'.repeat(20_000)}`;

/** What a receiver answers, given the request's headers and path. */
const HTTP_ANSWERS = {
  'partial success': [200, ({ secret }) => ({ partialSuccess: { rejectedSpans: 1, errorMessage: secret } })],
  'a warning': [200, ({ secret }) => ({ partialSuccess: { errorMessage: secret } })],
  'wrong credentials': [401, ({ secret }) => ({ message: `Incorrect API key: ${secret}` })],
  'a refusal': [400, ({ headers }) => ({ message: JSON.stringify(headers) })],
  'a wrong path': [404, ({ url }) => ({ message: `Route POST:${url} not found` })],
  overload: [503, ({ secret, url }) => ({ message: `${url} ${secret.toLowerCase()}` })],
  'a failure': [500, ({ headers }) => ({ message: Object.values(headers).join() })],
};

export async function run({ figure }) {
  let trials = 0;
  for (const [what, [status, say]] of Object.entries(HTTP_ANSWERS)) {
    const server = http.createServer((request, response) => {
      request.resume().on('end', () => {
        const { headers, url } = request;
        const body = JSON.stringify(say({ headers, url, secret: SECRET }));
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(body.replace(SECRET, `${SECRET}${JSON.stringify(LONG).slice(1, -1)}`));
      });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${server.address().port}`;
    for (const given of [
      { url: `http://${host}/v1/traces`, headers: { authorization: `Bearer ${SECRET}` } },
      { url: `http://${host}/v1/traces?api_key=${SECRET}`, headers: { 'x-api-key': SECRET } },
      { url: `http://user:${SECRET}@${host}/v1/traces` },
    ]) {
      await trial(`HTTP, ${what}`, { type: 'otlp-http', ...given });
      trials++;
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  for (const code of [3, 7, 8, 13, 14, 16]) {
    const server = new Server();
    server.register(
      METHOD,
      (call, callback) => {
        const { authorization } = call.metadata.getMap();
        callback({ code, details: `bad ${authorization} ${SECRET} ${LONG.slice(0, 2_000)}` });
      },
      (value) => value,
      (bytes) => bytes,
      'unary',
    );
    const port = await new Promise((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const headers = { authorization: `Bearer ${SECRET}` };
    await trial(`gRPC ${code}`, { type: 'otlp-grpc', url: `http://127.0.0.1:${port}`, headers });
    trials++;
    server.forceShutdown();
  }
  figure('receivers', `${trials}, none of them heard`);
}

async function trial(what, exporter) {
  const { manager, lines, spans, close } = await startApp({
    metrics: false,
    exporter,
    batch: { scheduledDelayMillis: 10, exportTimeoutMillis: 300 },
    shutdown: { timeoutMillis: 300 },
  });
  endSpan(manager);
  await manager.forceFlush();
  const status = JSON.stringify(manager.status());
  const verified = JSON.stringify(await manager.verifyExport());
  await close();
  const said = [...lines, status, verified];
  const basic = Buffer.from(`user:${SECRET}`).toString('base64');
  const told = said.find((text) => [SECRET, basic].some((secret) => text.includes(secret)));
  assert(told === undefined, `${what}: ${told}`);
  assert(lines.length > 0, `${what}: nothing was logged`);
  const odd = lines.find((line) => /[\r\n]/.test(line) || line.length > 1_000);
  assert(odd === undefined, `${what}: ${odd}`);
  assertIdentity(spans());
}
