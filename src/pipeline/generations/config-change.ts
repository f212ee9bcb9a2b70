import type { ResolvedTracerConfig } from '../../config/resolve-config.js';
import { contentText } from '../../config/content-key.js';

/** The result of a configuration change. */
export interface ReconfigureReport {
  /** The number of the live generation. */
  readonly generation: number;
  /** The top-level options whose values differ, such as `sampler`. */
  readonly changed: readonly string[];
  /** The number of spans that were running at the swap. They finish in their old generation. */
  readonly draining: number;
  /**
   * Resolves when the replaced generation has drained, with the number of spans that it passed to its
   * exporters meanwhile.
   */
  readonly drained: Promise<number>;
}

/**
 * Returns the options in which two configurations differ, or all options if there was no configuration
 * before. Different instances of an exporter, a sampler or a processor always count as different.
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

/**
 * Leaves out `maxConcurrentExports` if it has its default, which follows from the exporter and is not a
 * change.
 */
function comparable(config: ResolvedTracerConfig, option: keyof ResolvedTracerConfig): string {
  if (option !== 'batch') return contentText(config[option]);
  return contentText({ ...config.batch, maxConcurrentExports: undefined });
}
