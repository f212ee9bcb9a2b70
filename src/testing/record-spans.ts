import type { INestApplicationContext } from '@nestjs/common';
import { TelemetryHub } from '../nest/hub/telemetry-hub.js';
import { SpanRecorder } from './span-recorder.js';

/**
 * Records the spans of an app that already imports the real module: every instance exports to the
 * recorder alone, from now on and until it is reconfigured. Sampling, resource and attributes
 * stay as the app has them.
 *
 * @param app - an application or a testing module, initialised or not
 */
export async function recordSpans(app: Pick<INestApplicationContext, 'get'>): Promise<SpanRecorder> {
  const recorder = new SpanRecorder();
  const hub = app.get(TelemetryHub, { strict: false });
  await Promise.all(hub.all().map(({ pipeline }) => pipeline.reconfigure({ exporter: recorder })));
  return recorder;
}
