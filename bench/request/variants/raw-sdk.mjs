// What somebody who knows the SDK well writes by hand: one provider, one middleware, no instrumentation
// package. The span has the attributes of this library's; see run.mjs, which compares the keys on the wire.
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { Metadata } from '@grpc/grpc-js';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { decorate, startApp } from '../app.mjs';

export async function start({ receiverUrl, name, methodSpans = false }) {
  const metadata = new Metadata();
  metadata.set('x-variant', name);
  // With the default of 30 exports at once, a flush of a long queue rejects and loses spans.
  const exporter = new OTLPTraceExporter({ url: receiverUrl, metadata, concurrencyLimit: 1000 });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'orders' }),
    // As large as this library's queue: the default of 2,048 loses spans in a burst, and
    // what is lost costs less.
    spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: 65_536 })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const tracer = trace.getTracer('by-hand', '1.0.0');

  const app = await startApp({
    prepare: (app) => app.use((request, response, next) => traceRequest(tracer, request, response, next)),
    ...(methodSpans
      ? { instrument: (prototype, method) => decorate(traced(tracer), prototype, method) }
      : {}),
  });
  return {
    app,
    flush: async () => {
      await provider.forceFlush();
      await exporter.forceFlush();
    },
  };
}

function traceRequest(tracer, request, response, next) {
  const parent = propagation.extract(ROOT_CONTEXT, request.headers);
  const [address, port] = request.headers.host.split(':');
  const span = tracer.startSpan(
    request.method,
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': request.method,
        'url.path': request.path,
        'url.scheme': request.protocol,
        'network.protocol.version': request.httpVersion,
        'server.address': address,
        'server.port': Number(port),
        'client.address': request.socket.remoteAddress,
        'user_agent.original': request.headers['user-agent'],
      },
    },
    parent,
  );
  response.once('close', () => {
    const route = request.route?.path;
    span.updateName(`${request.method} ${route}`);
    span.setAttributes({
      'http.route': route,
      'http.response.status_code': response.statusCode,
      'code.function.name': 'OrdersController.findOne',
      'nestjs.module': 'OrdersModule',
    });
    if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
  context.with(trace.setSpan(parent, span), next);
}

/** A method decorator that does for an async method what everybody's `@Span` does. */
function traced(tracer) {
  return (prototype, method, descriptor) => {
    const original = descriptor.value;
    descriptor.value = function (...args) {
      return tracer.startActiveSpan(`OrdersService.${method}`, async (span) => {
        try {
          return await original.apply(this, args);
        } catch (error) {
          span.recordException(error);
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      });
    };
    return descriptor;
  };
}
