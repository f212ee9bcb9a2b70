import type { Attributes } from '@opentelemetry/api';
import type { MeasuredRequest } from '../../tracing/request-meter.js';
import type { HttpMetricsOptions } from '../options/metrics-options.js';
import { bodySizes } from '../../tracing/body-sizes.js';
import type { RequestInstruments, SeriesRecorder } from './request-instruments.js';

/** One combination of attributes, with the recorder of its values. */
interface RequestSeries {
  readonly method: string;
  readonly status: number | undefined;
  readonly errorType: string | undefined;
  readonly operation: string | undefined;
  readonly operationType: string | undefined;
  readonly scheme: string;
  readonly protocol: string;
  readonly duration: SeriesRecorder;
  readonly requestSize: SeriesRecorder | undefined;
  readonly responseSize: SeriesRecorder | undefined;
}

/**
 * Finds the series of a finished request by comparing its fields, route first, so that no attributes are
 * built or sorted.
 */
export class RequestSeriesIndex {
  private readonly byRoute = new Map<string | undefined, RequestSeries[]>();
  private size = 0;
  private overflow: RequestSeries | undefined;

  /** @param limit - the most series, including the overflow series */
  constructor(
    private readonly instruments: RequestInstruments,
    private readonly options: Required<HttpMetricsOptions>,
    private readonly limit: number,
  ) {}

  record(measured: MeasuredRequest): void {
    const series = this.find(measured);
    const { seconds, stream } = measured;
    const separate = this.options.streamDuration === 'first-byte';
    series.duration.record(separate ? (stream?.secondsToFirstByte ?? seconds) : seconds);
    if (series.requestSize === undefined) return;
    const { request, response } = bodySizes(measured);
    if (request !== undefined) series.requestSize.record(request);
    if (response !== undefined) series.responseSize?.record(response);
  }

  private find(measured: MeasuredRequest): RequestSeries {
    const { request, method, scheme, route, status, errorType, operation, operationType } = measured;
    const protocol = request.httpVersion === '2.0' ? '2' : request.httpVersion;
    let ofRoute = this.byRoute.get(route);
    if (ofRoute === undefined) {
      if (this.isFull) return this.rest;
      this.byRoute.set(route, (ofRoute = []));
    }
    for (const series of ofRoute) {
      if (
        series.status === status &&
        series.method === method &&
        series.errorType === errorType &&
        series.operation === operation &&
        series.operationType === operationType &&
        series.protocol === protocol &&
        series.scheme === scheme
      ) {
        return series;
      }
    }
    if (this.isFull) return this.rest;
    const added = {
      ...{ method, status, errorType, operation, operationType, scheme, protocol },
      ...this.recorders(attributesOf(measured, protocol)),
    };
    ofRoute.push(added);
    this.size += 1;
    return added;
  }

  private get isFull(): boolean {
    return this.size >= this.limit - 1;
  }

  private get rest(): RequestSeries {
    this.overflow ??= {
      ...{ method: '', status: undefined, errorType: undefined, operation: undefined },
      ...{ operationType: undefined, scheme: '', protocol: '' },
      ...this.recorders({ 'otel.metric.overflow': true }),
    };
    return this.overflow;
  }

  private recorders(
    attributes: Attributes,
  ): Pick<RequestSeries, 'duration' | 'requestSize' | 'responseSize'> {
    const { instruments, options } = this;
    return {
      duration: instruments.duration(attributes),
      requestSize: options.bodySizes ? instruments.requestBodySize(attributes) : undefined,
      responseSize: options.bodySizes ? instruments.responseBodySize(attributes) : undefined,
    };
  }
}

function attributesOf(measured: MeasuredRequest, protocol: string): Attributes {
  const { method, scheme, route, status, errorType, operation, operationType } = measured;
  return {
    'http.request.method': method,
    'url.scheme': scheme,
    'network.protocol.version': protocol,
    ...(route !== undefined && { 'http.route': route }),
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(errorType !== undefined && { 'error.type': errorType }),
    ...(operationType !== undefined && { 'graphql.operation.type': operationType }),
    ...(operation !== undefined && { 'graphql.operation.name': operation }),
  };
}
