import { LATENCY_SECONDS } from '../../config/defaults.js';
import type { Attributes, Histogram, Meter } from '@opentelemetry/api';
import { LIBRARY_SCOPE } from '../../base/version.js';
import type { ViewOptions } from '../../sdk/view-options.js';
import { DirectHistogram, type HistogramDescription } from '../instruments/direct-histogram.js';
import { appliesTo, type ViewTarget } from '../instruments/view-match.js';

/**
 * The duration of requests, as the semantic conventions define it.
 *
 * @see
 *   {@link https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration |
 *   http.server.request.duration}
 */
const REQUEST_DURATION: HistogramDescription = {
  name: 'http.server.request.duration',
  description: 'Duration of HTTP server requests.',
  unit: 's',
  boundaries: LATENCY_SECONDS,
};

const BODY_SIZES = [0, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

const REQUEST_BODY_SIZE: HistogramDescription = {
  name: 'http.server.request.body.size',
  description: 'Size of HTTP server request bodies.',
  unit: 'By',
  boundaries: BODY_SIZES,
};

const RESPONSE_BODY_SIZE: HistogramDescription = {
  name: 'http.server.response.body.size',
  description: 'Size of HTTP server response bodies.',
  unit: 'By',
  boundaries: BODY_SIZES,
};

/** The properties of the instrument that views select by. */
export const REQUEST_DURATION_TARGET = targetOf(REQUEST_DURATION);

const ALL = [REQUEST_DURATION, REQUEST_BODY_SIZE, RESPONSE_BODY_SIZE];

/** Records the values of one series of a histogram. */
export interface SeriesRecorder {
  record(value: number): void;
}

/** The histograms of requests, in either implementation. */
export interface RequestInstruments {
  duration(attributes: Attributes): SeriesRecorder;
  requestBodySize(attributes: Attributes): SeriesRecorder;
  responseBodySize(attributes: Attributes): SeriesRecorder;
}

/** The cheap implementation, which keeps series here; see {@link DirectHistogram}. */
export class DirectRequestInstruments implements RequestInstruments {
  private readonly durations = new DirectHistogram(REQUEST_DURATION);
  private readonly requestSizes = new DirectHistogram(REQUEST_BODY_SIZE);
  private readonly responseSizes = new DirectHistogram(RESPONSE_BODY_SIZE);
  readonly histograms = [this.durations, this.requestSizes, this.responseSizes];

  duration(attributes: Attributes): SeriesRecorder {
    return this.durations.series(attributes);
  }

  requestBodySize(attributes: Attributes): SeriesRecorder {
    return this.requestSizes.series(attributes);
  }

  responseBodySize(attributes: Attributes): SeriesRecorder {
    return this.responseSizes.series(attributes);
  }
}

/** The SDK's implementation, for views and for exporters with their own aggregation. */
export class SdkRequestInstruments implements RequestInstruments {
  private readonly durations: Histogram;
  private readonly requestSizes: Histogram;
  private readonly responseSizes: Histogram;

  constructor(meter: Meter) {
    this.durations = histogramOf(meter, REQUEST_DURATION);
    this.requestSizes = histogramOf(meter, REQUEST_BODY_SIZE);
    this.responseSizes = histogramOf(meter, RESPONSE_BODY_SIZE);
  }

  duration(attributes: Attributes): SeriesRecorder {
    return recorderOf(this.durations, attributes);
  }

  requestBodySize(attributes: Attributes): SeriesRecorder {
    return recorderOf(this.requestSizes, attributes);
  }

  responseBodySize(attributes: Attributes): SeriesRecorder {
    return recorderOf(this.responseSizes, attributes);
  }
}

/** Whether a view may change one of these histograms. */
export function concernsRequests(view: ViewOptions): boolean {
  return ALL.some((description) => appliesTo(view, targetOf(description)));
}

function targetOf({ name, unit }: HistogramDescription): ViewTarget {
  return { meter: LIBRARY_SCOPE.name, name, unit, type: 'HISTOGRAM' };
}

function histogramOf(meter: Meter, { name, description, unit, boundaries }: HistogramDescription): Histogram {
  const advice = { explicitBucketBoundaries: [...boundaries] };
  return meter.createHistogram(name, { description, unit, advice });
}

function recorderOf(histogram: Histogram, attributes: Attributes): SeriesRecorder {
  return {
    record(value) {
      histogram.record(value, attributes);
    },
  };
}
