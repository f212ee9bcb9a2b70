// This library as a user has it: one import in the root module, defaults for everything else, but no metrics:
// the raw SDK's rows have none either.
import { Span, TelemetryModule, TracerManager } from 'nestjs-telemetry';
import { decorate, startApp } from '../app.mjs';

export async function start({ receiverUrl, name, config = {}, methodSpans = false, framework }) {
  const app = await startApp({
    framework,
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'orders' },
        exporter: { type: 'otlp-grpc', url: receiverUrl, headers: { 'x-variant': name } },
        metrics: false,
        ...config,
      }),
    ],
    ...(methodSpans ? { instrument: (prototype, method) => decorate(Span(), prototype, method) } : {}),
  });
  return { app, flush: () => app.get(TracerManager, { strict: false }).forceFlush() };
}
