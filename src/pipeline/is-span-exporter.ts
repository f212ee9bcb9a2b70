import { classNameOf } from '../base/class-name.js';
import type { SpanExporter } from '../sdk/span-exporter.js';
import type { ExporterConfig } from '../config/exporter-config.js';
import type { SpanSink } from './span-sink.js';

/** Tells an exporter given in code from the configuration of one. */
export function isSpanExporter(exporter: ExporterConfig | SpanExporter): exporter is SpanExporter {
  return 'export' in exporter && typeof exporter.export === 'function';
}

/** The name of an exporter given in code, in logs and `status()`. */
export function exporterName(exporter: object): string {
  return classNameOf(exporter) || 'exporter';
}

/**
 * Tells an exporter that takes spans one by one, without a queue in front of it, such as
 * the testing kit's recorder.
 */
export function isSpanSink(exporter: object): exporter is SpanSink {
  return 'acceptSpan' in exporter && typeof exporter.acceptSpan === 'function' && 'status' in exporter;
}
