import type { ResolvedTracerConfig } from '../../config/resolve-config.js';
import { contentText } from '../../config/content-key.js';

/** The result of a change of configuration. */
export interface ReconfigureReport {
  /** Number of the generation that is live now. */
  readonly generation: number;
  /** The top-level options whose values differ, such as `sampler`. */
  readonly changed: readonly string[];
  /** Spans that were alive at the swap: they finish in the generation that they began in. */
  readonly draining: number;
  /**
   * Resolves with the number of spans that the replaced generation ended while draining, all
   * handed to its exporters.
   */
  readonly drained: Promise<number>;
}

/**
 * Names the options in which two configurations differ; all of them when there was none before. Another
 * instance of an exporter, a sampler or a processor is a difference, however much the two look alike.
 */
export function changedOptions(
  before: ResolvedTracerConfig | undefined,
  after: ResolvedTracerConfig,
): readonly string[] {
  const options = Object.keys(after) as (keyof ResolvedTracerConfig)[];
  return options
    .filter((option) => before === undefined || comparable(before, option) !== comparable(after, option))
    .map((option) => (option === 'exporters' ? 'exporter' : option));
}

/** The default of `maxConcurrentExports` follows the exporter, so that it does not count as a change. */
function comparable(config: ResolvedTracerConfig, option: keyof ResolvedTracerConfig): string {
  if (option !== 'batch') return contentText(config[option]);
  return contentText({ ...config.batch, maxConcurrentExports: undefined });
}
