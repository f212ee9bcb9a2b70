export {
  OtelInstanceCounter,
  OtelMethodCounter,
  type OtelCounterOptions,
} from '../nest/decorators/otel-counters.decorator.js';
export {
  OtelCounter,
  OtelGauge,
  OtelHistogram,
  OtelObservableCounter,
  OtelObservableGauge,
  OtelObservableUpDownCounter,
  OtelUpDownCounter,
} from '../nest/decorators/otel-instruments.decorator.js';
export { MetricService, type OtelMetricOptions } from '../nest/services/metric.service.js';
export { TraceService } from '../nest/services/trace.service.js';
