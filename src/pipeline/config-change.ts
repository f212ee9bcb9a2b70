import { isDeepStrictEqual } from 'node:util';
import type { ResolvedTracerConfig } from '../config/resolve-config.js';

/** Names the top-level options in which two configurations differ; all that are set when there was none before. */
export function changedSections(
  before: ResolvedTracerConfig | undefined,
  after: ResolvedTracerConfig,
): (keyof ResolvedTracerConfig)[] {
  const sections = Object.keys(after) as (keyof ResolvedTracerConfig)[];
  return sections.filter((section) => !isDeepStrictEqual(before?.[section], after[section]));
}
