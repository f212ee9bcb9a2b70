/** The words with which explanations of failures name a receiver and the option that configures it. */
export interface Destination {
  /** The exported items. */
  readonly items: 'spans' | 'metrics';
  /** The path of the option with the receiver's address and headers. */
  readonly option: 'exporter' | 'metrics.readers';
  /** The receiver's protocol. */
  readonly protocol: 'OTLP' | 'Zipkin';
  /** The receiver's gRPC service. */
  readonly service: string;
  /** The receiver's HTTP endpoint. */
  readonly endpoint: string;
  /** The usual path of that endpoint. */
  readonly path: string;
}

/** A receiver of spans over OTLP. */
export const OTLP_TRACES: Destination = {
  items: 'spans',
  option: 'exporter',
  protocol: 'OTLP',
  service: 'OTLP trace service',
  endpoint: 'OTLP traces endpoint',
  path: '/v1/traces',
};

/** A receiver of metrics over OTLP. */
export const OTLP_METRICS: Destination = {
  items: 'metrics',
  option: 'metrics.readers',
  protocol: 'OTLP',
  service: 'OTLP metrics service',
  endpoint: 'OTLP metrics endpoint',
  path: '/v1/metrics',
};

/** Zipkin, which receives spans as JSON of its own. */
export const ZIPKIN: Destination = {
  items: 'spans',
  option: 'exporter',
  protocol: 'Zipkin',
  service: 'Zipkin',
  endpoint: 'Zipkin endpoint for spans',
  path: '/api/v2/spans',
};
