import type { Attributes, Meter } from '@opentelemetry/api';
import type { ExportListener } from '../pipeline/queue/delivery.js';
import type { DeliveryStatus } from '../pipeline/telemetry-status.js';
import type { DropReason, ExporterStatus } from '../pipeline/span-sink.js';

/** The drop reasons after an exporter has tried; all other drops happen before it. */
const BY_EXPORTER: ReadonlySet<string> = new Set<DropReason>([
  'rejected',
  'retries_exhausted',
  'permanent_error',
  'exporter_error',
]);

const EXPORTER_TYPES: Readonly<Record<string, string>> = {
  'otlp-grpc': 'otlp_grpc_span_exporter',
  jaeger: 'otlp_grpc_span_exporter',
  'otlp-http': 'otlp_http_span_exporter',
  'otlp-http-json': 'otlp_http_json_span_exporter',
  zipkin: 'zipkin_http_span_exporter',
};

const EXPORT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The figures of a span pipeline at one moment. */
export interface PipelineHealth {
  readonly status: DeliveryStatus;
  /** The most spans that each queue holds. */
  readonly queueCapacity: number | undefined;
}

/**
 * Reports the counts of spans under the conventions' names. They are read at each export, so that spans
 * themselves cost nothing.
 *
 * @param health - returns the figures; `undefined` while they are not reported
 * @returns a listener for every export of spans
 * @see {@link https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/ | SDK metrics}
 */
export function createSelfMetrics(meter: Meter, health: () => PipelineHealth | undefined): ExportListener {
  const span = { unit: '{span}' };
  const live = meter.createObservableUpDownCounter('otel.sdk.span.live', {
    ...span,
    description: 'Spans that have begun and not ended.',
  });
  const size = meter.createObservableUpDownCounter('otel.sdk.processor.span.queue.size', {
    ...span,
    description: 'Spans that wait to be exported.',
  });
  const capacity = meter.createObservableUpDownCounter('otel.sdk.processor.span.queue.capacity', {
    ...span,
    description: 'Most spans that may wait to be exported.',
  });
  const inFlight = meter.createObservableUpDownCounter('otel.sdk.exporter.span.inflight', {
    ...span,
    description: 'Spans that are being exported.',
  });
  const processed = meter.createObservableCounter('otel.sdk.processor.span.processed', {
    ...span,
    description: 'Spans that left the queue; with error.type, those that never reached an exporter.',
  });
  const exported = meter.createObservableCounter('otel.sdk.exporter.span.exported', {
    ...span,
    description: 'Spans that were exported; with error.type, those that could not be.',
  });
  const duration = meter.createHistogram('otel.sdk.exporter.operation.duration', {
    unit: 's',
    description: 'Duration of exports.',
    advice: { explicitBucketBoundaries: EXPORT_SECONDS },
  });
  const ended = meter.createObservableCounter('nestjs.telemetry.span.ended', {
    ...span,
    description: 'Sampled spans that ended, once per exporter: exported, lost or waiting.',
  });
  const retries = meter.createObservableCounter('nestjs.telemetry.exporter.retries', {
    unit: '{export}',
    description: 'Exports that were tried again.',
  });
  const breaker = meter.createObservableUpDownCounter('nestjs.telemetry.exporter.breaker.open', {
    unit: '{breaker}',
    description: '1 while the receiver counts as down and spans are kept, else 0.',
  });
  meter.addBatchObservableCallback(
    (result) => {
      const known = health();
      if (known === undefined) return;
      const { spans, exporters } = known.status;
      result.observe(live, spans.live);
      result.observe(ended, spans.ended);
      const dropped = Object.entries(spans.dropped);
      const failed = dropped.filter(([reason]) => BY_EXPORTER.has(reason));
      const tried = failed.reduce((sum, [, count]) => sum + count, spans.delivered);
      result.observe(exported, spans.delivered);
      result.observe(processed, tried);
      for (const [reason, count] of dropped) {
        result.observe(BY_EXPORTER.has(reason) ? exported : processed, count, { 'error.type': reason });
      }
      exporters.forEach((sink, index) => {
        const attributes = componentOf(sink, index);
        result.observe(size, sink.queuedSpans, attributes);
        result.observe(inFlight, sink.inFlightSpans, attributes);
        result.observe(retries, sink.retries, attributes);
        result.observe(breaker, sink.breaker === 'closed' ? 0 : 1, attributes);
        if (known.queueCapacity !== undefined) result.observe(capacity, known.queueCapacity, attributes);
      });
    },
    [live, ended, size, capacity, inFlight, retries, breaker, processed, exported],
  );
  return (exporter, seconds, failure) => {
    const type = EXPORTER_TYPES[exporter] ?? exporter;
    duration.record(seconds, {
      'otel.component.type': type,
      ...(failure !== undefined && { 'error.type': failure }),
    });
  };
}

function componentOf({ exporter }: ExporterStatus, index: number): Attributes {
  return {
    'otel.component.type': 'batching_span_processor',
    'otel.component.name': `${exporter}/${index}`,
  };
}
