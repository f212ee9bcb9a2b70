import type { INestApplicationContext } from '@nestjs/common';
import { TelemetryHub } from '../nest/hub/telemetry-hub.js';
import { SpanRecorder } from './span-recorder.js';

/**
 * Records the spans of an app that imports the real module. Every instance exports only to the recorder
 * until it is reconfigured. Sampling, resource and attributes stay unchanged.
 *
 * @param app - an application or a testing module, before or after its initialisation
 */
export async function recordSpans(app: Pick<INestApplicationContext, 'get'>): Promise<SpanRecorder> {
  const recorder = new SpanRecorder();
  const hub = app.get(TelemetryHub, { strict: false });
  await Promise.all(hub.all().map(({ pipeline }) => pipeline.reconfigure({ exporter: recorder })));
  return recorder;
}
