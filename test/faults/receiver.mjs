// A collector in a process of its own that can be taken down, made slow or made silent;
// controlled over IPC by lab.mjs.
import http from 'node:http';
import net from 'node:net';
import { createRequire } from 'node:module';
import { Server, ServerCredentials } from '@grpc/grpc-js';

const require = createRequire(import.meta.url);
const { getProtoRoot } = require('@elastic/mockotlpserver/lib/proto.js');
const Request = getProtoRoot().lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

const [kind] = process.argv.slice(2);
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

let port = 0;
let server;
let delayMillis = 0;
const sockets = new Set();
/** How often each span id was acknowledged. */
const seen = new Map();
const tenants = new Map();
const requests = { count: 0, largest: 0, mostSpans: 0 };
let firstAckAt = 0;

function take(body) {
  requests.count++;
  requests.largest = Math.max(requests.largest, body.length);
  const ids = [];
  for (const { resource, scopeSpans } of Request.decode(body).resourceSpans) {
    const tenant = resource?.attributes.find(({ key }) => key === 'tenant.id')?.value?.stringValue;
    for (const { spans } of scopeSpans) {
      if (tenant !== undefined) tenants.set(tenant, (tenants.get(tenant) ?? 0) + spans.length);
      for (const span of spans) ids.push(span.spanId.toString('latin1') + span.traceId.toString('latin1'));
    }
  }
  requests.mostSpans = Math.max(requests.mostSpans, ids.length);
  return ids;
}

function acknowledge(ids) {
  if (firstAckAt === 0) firstAckAt = Date.now();
  for (const id of ids) seen.set(id, (seen.get(id) ?? 0) + 1);
}

/** Answers after the delay; a delay of -1 means never. */
function answer(body, respond) {
  const ids = take(body);
  if (delayMillis < 0) return;
  const finish = () => {
    acknowledge(ids);
    respond();
  };
  if (delayMillis === 0) finish();
  else setTimeout(finish, delayMillis);
}

const kinds = {
  grpc: {
    up: () =>
      new Promise((resolve, reject) => {
        server = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 });
        server.register(
          METHOD,
          (call, callback) => answer(call.request, () => callback(null, Buffer.alloc(0))),
          (value) => value,
          (bytes) => bytes,
          'unary',
        );
        server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
          if (error) reject(error);
          else resolve((port = bound));
        });
      }),
    down: async () => server.forceShutdown(),
  },
  http: {
    up: () =>
      listen(
        http.createServer((request, response) => {
          const chunks = [];
          request.on('data', (chunk) => chunks.push(chunk));
          request.on('end', () => answer(Buffer.concat(chunks), () => response.end()));
        }),
      ),
    down: close,
  },
  blackhole: { up: () => listen(net.createServer((socket) => socket.resume())), down: close },
};

function listen(created) {
  server = created;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((port = server.address().port)));
  });
}

async function close() {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}

const commands = {
  async up() {
    firstAckAt = 0;
    await kinds[kind].up();
    return port;
  },
  async down() {
    await kinds[kind].down();
  },
  async delay(millis) {
    delayMillis = millis;
  },
  async stats() {
    let acknowledged = 0;
    for (const count of seen.values()) acknowledged += count;
    return { unique: seen.size, duplicates: acknowledged - seen.size, firstAckAt, ...requests };
  },
  async tenants() {
    return Object.fromEntries(tenants);
  },
};

process.on('message', ({ id, command, argument }) => {
  commands[command](argument).then(
    (value) => process.send({ id, value }),
    (error) => process.send({ id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send({ id: 0 });
