/*
 * Hands objects of the official packages to the library, answers one request, and fails unless the span or
 * metric has passed through each. The names of the packages are those of one line of OpenTelemetry:
 * `sdk-trace-base` in 2, `sdk-trace` in 3.
 */
import 'reflect-metadata';
import { deepStrictEqual } from 'node:assert/strict';
import { get } from 'node:http';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPMetricExporter as GrpcMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as ProtoMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { B3Propagator } from '@opentelemetry/propagator-b3';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MetricReader,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { MeterManager, TelemetryModule, TracerManager } from 'nestjs-telemetry';
import { startReceivers } from './receivers.mjs';

const line = process.argv[2];
const { BatchSpanProcessor, InMemorySpanExporter, TraceIdRatioBasedSampler } = await import(
  line === '2' ? '@opentelemetry/sdk-trace-base' : '@opentelemetry/sdk-trace'
);
const route = 'GET /hello/:id';
const receivers = await startReceivers();

class CountedSampler extends TraceIdRatioBasedSampler {
  decisions = 0;
  shouldSample(...question) {
    this.decisions += 1;
    return super.shouldSample(...question);
  }
}
const sampler = new CountedSampler(1);
const kept = new InMemorySpanExporter();
const processed = new InMemorySpanExporter();
const processor = new BatchSpanProcessor(...(line === '2' ? [processed] : [{ exporter: processed }]));
const pushed = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const periodic = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const prometheus = new PrometheusExporter({ preventServerStart: true });

/** A reader as users write them, on their own copy of the SDK. */
class OwnReader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}
const own = new OwnReader({});

class HelloController {
  async hello() {
    const span = app.get(TracerManager, { strict: false }).activeSpan();
    span.setAttribute('order', { lines: [{ sku: 'nested-sku' }], checksum: new Uint8Array([104, 101, 120]) });
    return (await fetch(`${receivers.httpUrl}/remote`)).text();
  }
}
Get(':id')(
  HelloController.prototype,
  'hello',
  Object.getOwnPropertyDescriptor(HelloController.prototype, 'hello'),
);
Controller('hello')(HelloController);
class AppModule {}
Module({
  controllers: [HelloController],
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'x' },
      resourceAttributes: resourceFromAttributes({ 'deployment.region': 'south' }).attributes,
      sampler,
      spanProcessors: [processor],
      exporter: [
        kept,
        new GrpcExporter({ url: receivers.grpcUrl }),
        new ProtoExporter({ url: `${receivers.httpUrl}/proto` }),
        new ZipkinExporter({ url: `${receivers.httpUrl}/zipkin` }),
      ],
      clients: false,
      instrumentations: [new UndiciInstrumentation()],
      propagation: { propagators: [new B3Propagator()] },
      metrics: {
        runtime: true,
        readers: [
          pushed,
          new PeriodicExportingMetricReader({ exporter: periodic, exportIntervalMillis: 60_000 }),
          prometheus,
          own,
          new GrpcMetricExporter({ url: receivers.grpcUrl }),
          new ProtoMetricExporter({ url: `${receivers.httpUrl}/proto-metrics` }),
        ],
      },
    }),
  ],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
const traceId = '80f198ee56343ba864fe8b2a57d3eff7';
const b3 = `${traceId}-e457b5a2e4d86bd1-1`;
const { port } = app.getHttpServer().address();
// By `node:http`: the instrumentation sees every `fetch` of the process, and would add a header of its own.
for (const headers of [{ b3 }, {}])
  await new Promise((resolve, reject) =>
    get({ host: '127.0.0.1', port, path: '/hello/1', headers }, (response) =>
      response.resume().once('close', resolve),
    ).once('error', reject),
  );
await app.get(MeterManager, { strict: false }).forceFlush();
const namesOf = (collected) =>
  collected.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics.map((m) => m.descriptor.name)),
  );
const namesIn = (exporter) => namesOf(exporter.getMetrics());
const duration = 'http.server.request.duration';
const { resourceMetrics } = await own.collect();
const metrics = {
  own: namesOf([resourceMetrics]).includes(duration),
  ofNode: namesIn(pushed).some((name) => name.startsWith('nodejs.')),
  ofHost: namesIn(pushed).some((name) => name.startsWith('system.')),
  pushed: namesIn(pushed).includes(duration),
  periodic: namesIn(periodic).includes(duration),
  grpc: receivers.has('grpc-metrics', duration),
  proto: receivers.has('proto-metrics', duration),
};
const page = await new Promise((resolve) =>
  prometheus.getMetricsRequestHandler({}, { setHeader() {}, end: resolve }),
);
await processor.forceFlush();
const seen = processed.getFinishedSpans();
const spans = {
  fromB3: seen.filter((span) => span.name === route && span.spanContext().traceId === traceId).length,
  processed: seen.filter(({ name }) => name === route).length,
  instrumented:
    seen.filter(({ instrumentationScope }) => /undici/.test(instrumentationScope.name)).length > 0,
  resource: seen[0]?.resource.attributes['deployment.region'],
};
// An in-memory exporter forgets what it has at its shutdown.
kept.shutdown = async () => {};
const sampled = sampler.decisions > 0;
await app.close();
const keptRoutes = kept.getFinishedSpans().filter(({ name }) => name === route).length;
deepStrictEqual(
  {
    sampled,
    spans,
    metrics,
    prometheus: page.includes('http_server_request_duration'),
    exporter: keptRoutes,
    grpc: receivers.has('grpc', route),
    proto: receivers.has('proto', route),
    zipkin: receivers.has('zipkin', route.toLowerCase()) || receivers.has('zipkin', route),
    structured: ['grpc', 'proto', 'zipkin'].filter((kind) => receivers.has(kind, 'nested-sku')),
  },
  {
    sampled: true,
    spans: { fromB3: 1, processed: 2, instrumented: true, resource: 'south' },
    metrics: { own: true, ofNode: true, ofHost: true, pushed: true, periodic: true, grpc: true, proto: true },
    prometheus: true,
    exporter: 2,
    grpc: true,
    proto: true,
    zipkin: true,
    structured: ['grpc', 'proto', 'zipkin'],
  },
);
receivers.close();
