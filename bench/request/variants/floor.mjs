// The least that one would write by hand for this application, without an SDK: an object for a span, bytes when
// it ends, a batch when there are 512. No sampler, limits, masking, retries, instances or tenants, and the routes
// are known. Its attributes are this library's; see run.mjs, which compares the keys on the wire.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { decorate, startApp } from '../app.mjs';
import { encodeAttributes, FloorWriter, randomWord } from '../floor-writer.mjs';

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const TRACEPARENT = /^00-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}$/;
const [INTERNAL, SERVER] = [1, 2];
const RESOURCE = encodeResource('orders');
const asIs = (bytes) => bytes;

/** `config`: where there is one, the run counts without sending. */
export async function start({ receiverUrl, name, methodSpans = false, sampled = true, framework, config }) {
  const storage = new AsyncLocalStorage();
  const queue = startQueue(receiverUrl, name, config === undefined);
  const app = await startApp({
    framework,
    prepare: (app) => traceServer(app.getHttpServer(), { storage, queue, sampled }),
    ...(methodSpans
      ? { instrument: (prototype, method) => decorate(traced(storage, queue), prototype, method) }
      : {}),
  });
  return { app, flush: () => queue.flush() };
}

function traceServer(server, { storage, queue, sampled }) {
  const { emit } = server;
  server.emit = function (event, request, response) {
    if (event !== 'request') return Reflect.apply(emit, this, arguments);
    const span = rootSpan(request);
    if (sampled) response.once('close', () => endServerSpan(span, request, response, queue));
    return storage.run(span, () => emit.call(this, event, request, response));
  };
}

function rootSpan({ headers, method }) {
  const known = headers.traceparent === undefined ? null : TRACEPARENT.exec(headers.traceparent);
  return {
    trace: known ? wordsOf(known[1]) : [randomWord(), randomWord(), randomWord(), randomWord()],
    span: [randomWord(), randomWord()],
    parent: known ? wordsOf(known[2]) : undefined,
    name: method,
    kind: SERVER,
    started: performance.now(),
  };
}

const routes = new Map();

function endServerSpan(span, request, response, queue) {
  const ended = performance.now();
  // Fastify keeps it elsewhere; this application has one.
  const route = request.route?.path ?? '/orders/:id';
  const known = routes.get(route) ?? routeOf(request, route);
  span.name = known.name;
  const connection = (request.socket.floor ??= encodeAttributes(connectionAttributes(request)));
  const writer = queue.writer;
  writer.begin(span, ended);
  writer.raw(known.attributes);
  writer.raw(connection);
  writer.text('url.path', request.url);
  writer.number('http.response.status_code', response.statusCode);
  writer.text('user_agent.original', request.headers['user-agent']);
  writer.end();
  queue.sendWhenFull();
}

function routeOf(request, route) {
  const known = {
    name: `${request.method} ${route}`,
    attributes: encodeAttributes({
      'http.request.method': request.method,
      'http.route': route,
      'url.scheme': 'http',
      'code.function.name': 'OrdersController.findOne',
      'nestjs.module': 'OrdersModule',
    }),
  };
  routes.set(route, known);
  return known;
}

function connectionAttributes({ headers, httpVersion, socket }) {
  const [address, port] = headers.host.split(':');
  return {
    'server.address': address,
    'server.port': Number(port),
    'client.address': socket.remoteAddress,
    'network.protocol.version': httpVersion,
  };
}

/** A method decorator whose span is the child of the flow's. */
function traced(storage, queue) {
  return (prototype, method, descriptor) => {
    const original = descriptor.value;
    const name = `OrdersService.${method}`;
    descriptor.value = function (...args) {
      const { trace, span: parent } = storage.getStore();
      const span = {
        trace,
        span: [randomWord(), randomWord()],
        parent,
        name,
        kind: INTERNAL,
        started: performance.now(),
      };
      return storage.run(span, async () => {
        try {
          return await original.apply(this, args);
        } finally {
          queue.writer.begin(span, performance.now());
          queue.writer.end();
          queue.sendWhenFull();
        }
      });
    };
    return descriptor;
  };
}

function startQueue(receiverUrl, name, sends) {
  const client = new Client(new URL(receiverUrl).host, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('x-variant', name);
  const writer = new FloorWriter();
  const sending = new Set();
  const send = () => {
    if (writer.spans === 0) return;
    if (!sends) {
      writer.taken();
      return;
    }
    const sent = new Promise((resolve, reject) => {
      client.makeUnaryRequest(EXPORT, asIs, asIs, requestOf(writer.taken()), metadata, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    sending.add(sent);
    void sent.finally(() => sending.delete(sent));
  };
  setInterval(send, 5_000).unref();
  return {
    writer,
    sendWhenFull: () => void (writer.isFull && send()),
    flush: async () => {
      send();
      await Promise.all(sending);
    },
  };
}

/** ExportTraceServiceRequest { ResourceSpans { Resource, ScopeSpans { Span … } } } */
function requestOf(spans) {
  const scopeSpans = field(0x12, spans);
  return field(0x0a, Buffer.concat([RESOURCE, scopeSpans]));
}

function encodeResource(service) {
  const attribute = encodeAttributes({ 'service.name': service });
  attribute[0] = 0x0a; // Resource.attributes
  return field(0x0a, attribute);
}

function field(tag, bytes) {
  const head = [tag];
  let rest = bytes.length;
  for (; rest > 0x7f; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...head, rest]), bytes]);
}

function wordsOf(hex) {
  return Array.from({ length: hex.length / 8 }, (_, index) =>
    Buffer.from(hex.slice(index * 8, index * 8 + 8), 'hex').readUInt32LE(),
  );
}
