import type { ExporterOfType } from '../../config/exporter-config.js';
import type { TelemetryLog } from '../../base/log.js';
import type { SpanSink } from '../span-sink.js';
import { ConsoleJsonSink } from '../console/console-json.js';
import { ConsoleTreeSink } from '../console/console-tree.js';
import { MemorySink } from './memory-sink.js';
import { NoneSink } from './none-sink.js';

/** Options of all local sinks. */
export interface LocalSinkOptions {
  readonly log: TelemetryLog;
  /** The instance's name, for messages. */
  readonly instance: string;
}

/**
 * Builds a sink without a queue and an exporter behind it.
 *
 * Building a local sink cannot fail, and the sink writes no log: if standard output is gone, only
 * `status()` can report it.
 */
export function buildLocalSink(
  config: ExporterOfType<'console' | 'memory' | 'none'>,
  _options: LocalSinkOptions,
): Promise<SpanSink> {
  return Promise.resolve(createLocalSink(config));
}

function createLocalSink(config: ExporterOfType<'console' | 'memory' | 'none'>): SpanSink {
  switch (config.type) {
    case 'console':
      return config.format === 'json'
        ? new ConsoleJsonSink()
        : new ConsoleTreeSink({ color: config.color, format: config.format });
    case 'memory':
      return new MemorySink(config.maxSpans);
    case 'none':
      return new NoneSink();
  }
}
