// The official instrumentations as their documentation sets them up for ES modules: globals, the loader's hook, and
// the application imported after both.
import { register } from 'node:module';
import { Metadata } from '@grpc/grpc-js';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

/**
 * @param {{ name: string, receiverUrl: string }} options
 * @param {import('@opentelemetry/instrumentation').Instrumentation[]} instrumentations
 * @returns {{ flush: () => Promise<void> }}
 */
export function instrument({ name, receiverUrl }, instrumentations) {
  const metadata = new Metadata();
  metadata.set('x-variant', name);
  // As large as this library's queue, and as many exports at once as a flush needs: so nothing is lost.
  const exporter = new OTLPTraceExporter({ url: receiverUrl, metadata, concurrencyLimit: 1000 });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'orders' }),
    spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: 65_536 })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  registerInstrumentations({ instrumentations });
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  return {
    flush: async () => {
      await provider.forceFlush();
      await exporter.forceFlush();
    },
  };
}
