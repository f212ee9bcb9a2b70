import type { Attributes, Meter, ObservableResult } from '@opentelemetry/api';
import { runAsExport } from '../../context/export-context.js';
import type { ActiveCount, HttpScheme, MeasuredRequest, RequestMeter } from '../../tracing/request-meter.js';
import type { RequestSeriesIndex } from './request-series.js';

/** An {@link ActiveCount} with its attributes. */
interface NamedCount extends ActiveCount {
  readonly attributes: Attributes;
  reported: boolean;
}

/** The buckets for durations of streams, from an instant to hours, in seconds. */
const STREAM_SECONDS = [0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600];

/**
 * Measures requests and streams of one instance. Open requests are counted here, across all configurations;
 * a duration is recorded in the configuration that is live when the request ends.
 */
export class HttpMetrics implements RequestMeter {
  /** The instruments of the live configuration. */
  series: RequestSeriesIndex | undefined;
  private readonly http = new Map<string, NamedCount>();
  private readonly https = new Map<string, NamedCount>();
  private readonly streams = new Map<string, NamedCount>();
  private readonly streamDuration;
  private readonly streamOutcomes;

  /** @param meter - the library's own meter */
  constructor(meter: Meter) {
    meter
      .createObservableUpDownCounter('http.server.active_requests', {
        description: 'Number of active HTTP server requests.',
        unit: '{request}',
      })
      .addCallback((result) => {
        for (const counts of [this.http, this.https]) report(counts, result);
      });
    meter
      .createObservableUpDownCounter('stream.active', {
        description: 'Number of streamed responses that have begun and not ended.',
        unit: '{stream}',
      })
      .addCallback((result) => {
        report(this.streams, result);
      });
    this.streamDuration = meter.createHistogram('stream.duration', {
      description: 'Life of streamed responses, from the request to the end of the stream.',
      unit: 's',
      advice: { explicitBucketBoundaries: STREAM_SECONDS },
    });
    this.streamOutcomes = meter.createCounter('stream.outcomes', {
      description: 'Streamed responses that have ended, by how.',
      unit: '{stream}',
    });
  }

  activeRequests(method: string, scheme: HttpScheme): ActiveCount {
    const counts = scheme === 'https' ? this.https : this.http;
    return (
      counts.get(method) ?? named(counts, method, { 'http.request.method': method, 'url.scheme': scheme })
    );
  }

  activeStreams(type: string): ActiveCount {
    return this.streams.get(type) ?? named(this.streams, type, { 'stream.type': type });
  }

  finished(measured: MeasuredRequest): void {
    this.series?.record(measured);
    const { stream, route, seconds } = measured;
    if (stream === undefined) return;
    const attributes: Attributes = {
      'stream.type': stream.type,
      'stream.outcome': stream.outcome,
      ...(route !== undefined && { 'http.route': route }),
    };
    // Runs outside of the request, whose baggage only belongs on instruments of the user.
    runAsExport(() => {
      this.streamDuration.record(seconds, attributes);
      this.streamOutcomes.add(1, attributes);
    });
  }
}

function named(counts: Map<string, NamedCount>, key: string, attributes: Attributes): NamedCount {
  const count = { value: 0, certain: false, attributes, reported: false };
  counts.set(key, count);
  return count;
}

/** Reports counts. A series that was reported above zero must be reported again at zero. */
function report(counts: Map<string, NamedCount>, result: ObservableResult): void {
  for (const count of counts.values()) {
    if (!count.certain && !count.reported && count.value === 0) continue;
    count.reported = true;
    result.observe(count.value, count.attributes);
  }
}
