import { start as startTrio } from './trio.mjs';

export const start = (options) =>
  startTrio(options, async () => {
    const { OpenTelemetryModule, Span } = await import('nestjs-otel');
    const { decorate } = await import('../app.mjs');
    return {
      imports: [OpenTelemetryModule.forRoot()],
      instrument: (prototype, method) => decorate(Span(), prototype, method),
    };
  });
