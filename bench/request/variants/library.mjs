// This library as a user has it: one import in the root module, defaults for everything else.
import { Span, TelemetryModule, TracerManager } from 'nestjs-telemetry';
import { decorate, startApp } from '../app.mjs';

export async function start({ receiverUrl, name, config = {}, methodSpans = false }) {
  const app = await startApp({
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'orders' },
        exporter: { type: 'otlp-grpc', url: receiverUrl, headers: { 'x-variant': name } },
        ...config,
      }),
    ],
    ...(methodSpans ? { instrument: (prototype, method) => decorate(Span(), prototype, method) } : {}),
  });
  return { app, flush: () => app.get(TracerManager, { strict: false }).forceFlush() };
}
