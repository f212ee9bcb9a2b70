import type { SpanLimits } from '../../sdk/span-limits.js';
import { limit, positiveInteger, positiveMillis, ratio } from '../schema.js';
import type { BatchConfig, SamplerConfig } from '../tracer-config.js';
import type { Variables } from './variables.js';

/** The values of `OTEL_TRACES_SAMPLER`, each as a sampler configuration of this library. */
const SAMPLERS: Readonly<Record<string, SamplerConfig>> = {
  always_on: { type: 'always-on', parentBased: false },
  always_off: { type: 'always-off', parentBased: false },
  traceidratio: { type: 'ratio', parentBased: false },
  parentbased_always_on: { type: 'always-on', parentBased: true },
  parentbased_always_off: { type: 'always-off', parentBased: true },
  parentbased_traceidratio: { type: 'ratio', parentBased: true },
};

/** Reads the sampler; `OTEL_SAMPLE_RATE`, a share from 0 to 1, wins over `OTEL_TRACES_SAMPLER`. */
export function samplerFromVariables(variables: Variables): number | SamplerConfig | undefined {
  const rate = variables.number('OTEL_SAMPLE_RATE', ratio);
  if (rate !== undefined) {
    variables.ignore('OTEL_TRACES_SAMPLER', 'OTEL_SAMPLE_RATE wins.');
    variables.ignore('OTEL_TRACES_SAMPLER_ARG', 'OTEL_SAMPLE_RATE wins.');
    return rate;
  }
  const name = variables.choice('OTEL_TRACES_SAMPLER', Object.keys(SAMPLERS));
  const sampler = name === undefined ? undefined : SAMPLERS[name];
  if (sampler?.type === 'ratio')
    return { ...sampler, ratio: variables.number('OTEL_TRACES_SAMPLER_ARG', ratio) ?? 1 };
  variables.ignore('OTEL_TRACES_SAMPLER_ARG', 'it needs OTEL_TRACES_SAMPLER to be a ratio sampler.');
  return sampler;
}

const BATCH_VARIABLES = {
  scheduledDelayMillis: ['OTEL_BSP_SCHEDULE_DELAY', positiveMillis],
  maxExportBatchSize: ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', positiveInteger],
  maxQueueSize: ['OTEL_BSP_MAX_QUEUE_SIZE', positiveInteger],
  exportTimeoutMillis: ['OTEL_BSP_EXPORT_TIMEOUT', positiveMillis],
} as const;

/** The variables of each span limit; the first one that is set wins. */
const LIMIT_VARIABLES: Readonly<Record<keyof SpanLimits, readonly string[]>> = {
  attributeCountLimit: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLengthLimit: ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
  eventCountLimit: ['OTEL_SPAN_EVENT_COUNT_LIMIT'],
  linkCountLimit: ['OTEL_SPAN_LINK_COUNT_LIMIT'],
  attributePerEventCountLimit: ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'],
  attributePerLinkCountLimit: ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'],
};

/** The variables of sampling, batching and span limits. */
export const SAMPLING_VARIABLES = [
  'OTEL_SAMPLE_RATE',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  ...Object.values(BATCH_VARIABLES).map(([name]) => name),
  ...Object.values(LIMIT_VARIABLES).flat(),
];

export function batchFromVariables(variables: Variables): BatchConfig | undefined {
  const batch: BatchConfig = Object.fromEntries(
    Object.entries(BATCH_VARIABLES).flatMap(([option, [name, check]]) => {
      const value = variables.number(name, check);
      return value === undefined ? [] : [[option, value]];
    }),
  );
  const { maxExportBatchSize: size, maxQueueSize: queue } = batch;
  if (size !== undefined && queue !== undefined && size > queue) {
    variables.warn(
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE is more than OTEL_BSP_MAX_QUEUE_SIZE; batches are cut to ' +
        `${queue} spans.`,
    );
  }
  return Object.keys(batch).length === 0 ? undefined : batch;
}

export function limitsFromVariables(variables: Variables): SpanLimits | undefined {
  const limits = Object.fromEntries(
    Object.entries(LIMIT_VARIABLES).flatMap(([option, names]) => {
      const [value] = names.flatMap((name) => variables.number(name, limit) ?? []);
      return value === undefined ? [] : [[option, value]];
    }),
  );
  return Object.keys(limits).length === 0 ? undefined : limits;
}
