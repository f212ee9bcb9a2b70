// The SDK registered globally, as nestjs-otel and a `tracing.ts` need it.
import { context, trace } from '@opentelemetry/api';
import { Metadata } from '@grpc/grpc-js';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';

export function registerSdk({ receiverUrl, ratio, name }) {
  const metadata = new Metadata();
  metadata.set('x-variant', name);
  // With the default of 30 exports at once, a flush of a long queue rejects and loses spans.
  const exporter = new OTLPTraceExporter({ url: receiverUrl, metadata, concurrencyLimit: 1000 });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'pricing' }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: 65_536 })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const tracer = trace.getTracer('bench');
  return {
    tracer,
    inRoot: (fn) => tracer.startActiveSpan('root', (span) => fn().finally(() => span.end())),
    flush: async () => {
      await provider.forceFlush();
      await exporter.forceFlush();
    },
  };
}
