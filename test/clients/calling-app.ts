import { Controller, Get } from '@nestjs/common';
import type { TelemetryModuleOptions } from '../../src/index.js';
import { shapeOf, type SpanShape } from '../support/span-shape.js';
import { startApp, type TestApp, type TestAppOptions } from '../support/test-app.js';

/** An app whose only request, `GET /call`, does `work`. */
export async function startCallingApp(
  work: () => unknown,
  telemetry: TelemetryModuleOptions = {},
  options: TestAppOptions = {},
): Promise<TestApp> {
  @Controller()
  class CallController {
    @Get('call')
    async call(): Promise<string> {
      await work();
      return 'done';
    }
  }
  const { controllers = [] } = options;
  return startApp({ telemetry, ...options, controllers: [CallController, ...controllers] });
}

/** Sends the request. @returns the calls that are children of its span, in the order in which they ended */
export async function callsOf(app: TestApp): Promise<SpanShape[]> {
  const { status, body } = await app.get('/call');
  if (status !== 200) throw new Error(`The request failed: ${status} ${body}`);
  const server = await app.recorder.waitFor('GET /call');
  const spans = app.recorder
    .spans()
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === server.spanContext().spanId);
  return spans.map((span) => ({ ...shapeOf(span), parent: undefined }));
}

/** Does `work` in a request of a new app. @returns its calls */
export async function callsDuring(
  work: () => unknown,
  telemetry: TelemetryModuleOptions = {},
): Promise<SpanShape[]> {
  return callsOf(await startCallingApp(work, telemetry));
}
