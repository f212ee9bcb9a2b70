import type { ResolvedGenAiConfig } from '../config/genai-config.js';
import type { TracerConfig } from '../config/tracer-config.js';

/** The options of {@link TracerConfig} that concern whoever makes spans, with their defaults. */
export interface SpanSettings extends Pick<
  Required<TracerConfig>,
  'includeInputOutput' | 'debugEvents' | 'traceLlmCalls' | 'traceHttpRequests' | 'workflowPrefix' | 'masking'
> {
  readonly genai: ResolvedGenAiConfig;
}
