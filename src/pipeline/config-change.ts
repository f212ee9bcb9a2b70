import { isDeepStrictEqual } from 'node:util';
import type { ResolvedTracerConfig } from '../config/resolve-config.js';

/** Names the options in which two configurations differ; all of them when there was none before. */
export function changedOptions(
  before: ResolvedTracerConfig | undefined,
  after: ResolvedTracerConfig,
): readonly string[] {
  const options = Object.keys(after) as (keyof ResolvedTracerConfig)[];
  return options
    .filter((option) => !isDeepStrictEqual(before && comparable(before, option), comparable(after, option)))
    .map((option) => (option === 'exporters' ? 'exporter' : option));
}

/** The default of `maxConcurrentExports` follows the exporter: nobody changed it then. */
function comparable(config: ResolvedTracerConfig, option: keyof ResolvedTracerConfig): unknown {
  if (option !== 'batch') return config[option];
  return { ...config.batch, maxConcurrentExports: undefined };
}
