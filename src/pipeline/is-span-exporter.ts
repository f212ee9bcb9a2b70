import { classNameOf } from '../base/class-name.js';
import type { SpanExporter } from '../sdk/span-exporter.js';
import type { ExporterConfig } from '../config/exporter-config.js';
import type { SpanSink } from './span-sink.js';

/** Whether an exporter was given in code, not as a configuration. */
export function isSpanExporter(exporter: ExporterConfig | SpanExporter): exporter is SpanExporter {
  return 'export' in exporter && typeof exporter.export === 'function';
}

/** Returns the name of an exporter given in code, for logs and `status()`. */
export function exporterName(exporter: object): string {
  return classNameOf(exporter) || 'exporter';
}

/** Whether an exporter accepts spans one by one without a queue, such as the testing module's recorder. */
export function isSpanSink(exporter: object): exporter is SpanSink {
  return 'acceptSpan' in exporter && typeof exporter.acceptSpan === 'function' && 'status' in exporter;
}
