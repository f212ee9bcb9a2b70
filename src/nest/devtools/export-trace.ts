import { Logger } from '@nestjs/common';
import { resolveTracerConfig } from '../../config/resolve-config.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { StoredSpan } from '../../devtools/store/stored-span.js';
import { TelemetryConfigError } from '../../errors.js';
import { openSink } from '../../pipeline/open-sink.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';

const CLOSE_MILLIS = 2000;
/** Types of exporters without a receiver. */
const LOCAL = ['none', 'console', 'memory'];

/**
 * Sends the spans of one trace over new connections.
 *
 * @param exporter - a configuration; default: the instance's
 * @returns the number of spans by outcome, over all exporters
 * @throws TelemetryConfigError if no exporter has a receiver, or if the configuration is invalid
 */
export async function exportTrace(
  { tracerManager, name }: TelemetryInstance,
  spans: readonly StoredSpan[],
  exporter: object | undefined,
): Promise<{ readonly status: string; readonly delivered: number; readonly dropped: number }> {
  const { asReadableSpan } = await import('../../devtools/index.js');
  const given = tracerManager.config();
  const chosen = exporter === undefined ? given : { ...given, exporter };
  const config = resolveTracerConfig(chosen as TracerConfig, process.env, { warn: () => undefined });
  const remote = config.exporters.filter((each) => !('type' in each && LOCAL.includes(each.type)));
  if (remote.length === 0) {
    throw new TelemetryConfigError({
      path: 'exporter',
      expected: 'one that sends to a receiver',
      remedy: "Pass `exporter`, such as `{ type: 'otlp-http', url: 'http://localhost:4318' }`.",
    });
  }
  const totals = { delivered: 0, dropped: 0 };
  for (const each of remote) {
    const sink = await openSink(each, {
      batch: config.batch,
      log: new Logger('TelemetryDevtools'),
      instance: name,
    });
    for (const span of spans) sink.acceptSpan(asReadableSpan(span));
    await sink.forceFlush();
    await sink.shutdown(CLOSE_MILLIS);
    const { delivered, dropped } = sink.status();
    totals.delivered += delivered;
    totals.dropped += Object.values(dropped).reduce((sum, count) => sum + count, 0);
  }
  return { status: 'exported', ...totals };
}
