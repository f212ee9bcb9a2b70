import { createConfigFactory } from '@opentelemetry/configuration';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tracerConfigFromEnv } from '../../src/config/environment/environment.js';

/*
 * The official parser reads process.env alone, so it cannot serve an environment that is handed
 * in. It judges ours here.
 */
afterEach(() => {
  vi.unstubAllEnvs();
});

function official(env: Record<string, string>) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return createConfigFactory().getConfigModel() as any;
}

describe('the official parser and ours agree on', () => {
  it.each<[string, Record<string, string>]>([
    ['a base address', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/base' }],
    [
      'an address for traces',
      {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318/my/path',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x:1',
      },
    ],
    ['gRPC', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317' }],
    [
      'JSON',
      {
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318',
      },
    ],
    [
      'a timeout and compression',
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318',
        OTEL_EXPORTER_OTLP_TIMEOUT: '7',
        OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'gzip',
      },
    ],
  ])('%s', (_name, env) => {
    const { otlp_grpc, otlp_http } = official({ ...env, OTEL_TRACES_EXPORTER: 'otlp' }).tracer_provider
      .processors[0].batch.exporter;
    const theirs = otlp_grpc ?? otlp_http;
    const ours = tracerConfigFromEnv({ ...env, OTEL_TRACES_EXPORTER: 'otlp' }).exporter as any;
    expect({
      type: ours.type,
      url: ours.url,
      timeoutMillis: ours.timeoutMillis ?? 10_000,
      compression: ours.compression,
    }).toEqual({
      type:
        otlp_grpc === undefined ? (theirs.encoding === 'json' ? 'otlp-http-json' : 'otlp-http') : 'otlp-grpc',
      url: theirs.endpoint,
      timeoutMillis: theirs.timeout,
      compression: theirs.compression,
    });
  });

  it.each<[string, Record<string, string>, unknown]>([
    ['always_on', { OTEL_TRACES_SAMPLER: 'always_on' }, { always_on: {} }],
    [
      'traceidratio',
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' },
      { trace_id_ratio_based: { ratio: 0.5 } },
    ],
    [
      'parentbased_traceidratio',
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' },
      { parent_based: { root: { trace_id_ratio_based: { ratio: 0.5 } } } },
    ],
    [
      'parentbased_always_off',
      { OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
      { parent_based: { root: { always_off: {} } } },
    ],
  ])('the sampler %s', (_name, env, theirs) => {
    expect(official({ ...env, OTEL_TRACES_EXPORTER: 'otlp' }).tracer_provider.sampler).toEqual(theirs);
    const { type, ratio, parentBased } = tracerConfigFromEnv(env).sampler as any;
    const root = type === 'ratio' ? { trace_id_ratio_based: { ratio } } : { [type.replace('-', '_')]: {} };
    expect(parentBased ? { parent_based: { root } } : root).toEqual(theirs);
  });

  it('batching and limits', () => {
    const env = {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_BSP_SCHEDULE_DELAY: '1',
      OTEL_BSP_EXPORT_TIMEOUT: '2',
      OTEL_BSP_MAX_QUEUE_SIZE: '30',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4',
      OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '5',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '6',
      OTEL_SPAN_EVENT_COUNT_LIMIT: '7',
      OTEL_SPAN_LINK_COUNT_LIMIT: '8',
      OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '9',
      OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '10',
    };
    const { processors, limits } = official(env).tracer_provider;
    const { batch, spanLimits } = tracerConfigFromEnv(env);
    expect({
      schedule_delay: batch!.scheduledDelayMillis,
      export_timeout: batch!.exportTimeoutMillis,
      max_queue_size: batch!.maxQueueSize,
      max_export_batch_size: batch!.maxExportBatchSize,
    }).toEqual({ ...processors[0].batch, exporter: undefined });
    expect({
      attribute_value_length_limit: spanLimits!.attributeValueLengthLimit,
      attribute_count_limit: spanLimits!.attributeCountLimit,
      event_count_limit: spanLimits!.eventCountLimit,
      link_count_limit: spanLimits!.linkCountLimit,
      event_attribute_count_limit: spanLimits!.attributePerEventCountLimit,
      link_attribute_count_limit: spanLimits!.attributePerLinkCountLimit,
    }).toEqual(limits);
  });
});
