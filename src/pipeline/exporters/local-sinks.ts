import type { ExporterOfType } from '../../config/exporter-config.js';
import type { TelemetryLog } from '../../base/log.js';
import type { SpanSink } from '../span-sink.js';
import { ConsoleJsonSink } from '../console/console-json.js';
import { ConsoleTreeSink } from '../console/console-tree.js';
import { MemorySink } from './memory-sink.js';
import { NoneSink } from './none-sink.js';

/** Options that every sink is built with. */
export interface LocalSinkOptions {
  readonly log: TelemetryLog;
  /** Name of the module instance, for messages. */
  readonly instance: string;
}

/**
 * Builds a sink that hands spans over directly, without a queue in front of an exporter.
 *
 * Local sinks have nothing that can fail while they are built, and write no log: when standard output is
 * gone, there is no place left to say so but `status()`.
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
