export {
  TelemetryConfigError,
  TelemetryError,
  type ConfigProblem,
  type TelemetryErrorCode,
} from './errors.js';
export type { ExporterConfig, OtlpExporterConfig } from './config/exporter-config.js';
export type { ClientsConfig } from './config/clients-config.js';
export type {
  BatchConfig,
  ExporterOption,
  MaskingConfig,
  SamplerConfig,
  ServiceConfig,
  TracerConfig,
} from './config/tracer-config.js';
export type { GenAiConfig, GenAiContent, ModelPrice } from './config/genai-config.js';
export type { ErrorClassification, ErrorClassifier } from './config/error-classification.js';
export {
  propagatorsFromEnv,
  tracerConfigFromEnv,
  type EnvironmentOptions,
} from './config/environment/environment.js';
export { mergeTracerConfig } from './config/merge-config.js';
export { redactConfig } from './config/redact-config.js';
export type { SamplingRule } from './config/sampler-config.js';
export { Secret } from './config/secret.js';
export type { BaggageRefusal } from './context/baggage-builder.js';
export { BaggageKeys } from './context/baggage-names.js';
export type { Carrier } from './context/propagation.js';
export type { EntriesOptions, MessagingOptions } from './entries/entry-options.js';
export type { HttpOptions, RawRequest, RawResponse } from './http/http-options.js';
export type { CallMetric } from './pipeline/call-meter.js';
export type { OverrideHandle, OverrideOptions } from './pipeline/generations/overrides.js';
export type { ReconfigureReport } from './pipeline/generations/config-change.js';
export type { TelemetryStatus } from './pipeline/telemetry-status.js';
export type { TenantOptions } from './pipeline/tenants/tenant-options.js';
export type { VerifyExportResult } from './pipeline/verify-export.js';
export type { DropReason, ExporterStatus } from './pipeline/span-sink.js';
export { BaggageService } from './tracing/baggage-service.js';
export type {
  Instrumentation,
  InstrumentationOption,
  InstrumentedModule,
} from './tracing/instrumentation/instrumentation.js';
export type { PropagationOptions } from './tracing/load-propagation.js';
export { traceLogFields, traceLogFormat, traceLogMeta, type LogFieldsOptions } from './tracing/log-fields.js';
export { TelemetryLogger, type TelemetryLoggerOptions } from './nest/logging/telemetry-logger.js';
export { classifyError } from './tracing/error-classifier.js';
export type { FlowAttributes } from './tracing/flow-attributes.js';
export { MASK_EMAIL, REDACTED_VALUE } from './pipeline/masking/mask-defaults.js';
export { BaggageGuard } from './nest/hub/baggage.guard.js';
export type { BaggageOptions, BaggageRequest } from './nest/baggage/baggage-options.js';
export { Baggage } from './nest/decorators/baggage.decorator.js';
export type { TelemetryAdminOptions } from './nest/admin/admin-options.js';
export { TelemetryAdminModule } from './nest/admin/telemetry-admin.module.js';
export type { SseOptions, SseSpanOptions, StreamOutcome } from './http/stream-options.js';
export { Counted, type MeasuredMethodOptions } from './nest/decorators/counted.decorator.js';
export { InjectMeter } from './nest/decorators/inject-meter.decorator.js';
export { InjectTracer } from './nest/decorators/inject-tracer.decorator.js';
export { CurrentSpan } from './nest/decorators/current-span.decorator.js';
export { NoSpan } from './nest/decorators/no-span.decorator.js';
export { Span } from './nest/decorators/span.decorator.js';
export { SpanAttribute } from './nest/decorators/span-attribute.decorator.js';
export { Traceable, type TraceableOptions } from './nest/decorators/traceable.decorator.js';
export { SseSpan } from './nest/decorators/sse-span.decorator.js';
export { HttpTelemetryInterceptor } from './nest/requests/http-telemetry.interceptor.js';
export { SseTelemetryInterceptor } from './nest/requests/sse-telemetry.interceptor.js';
export type { DevtoolsOptions } from './devtools/devtools-options.js';
export type {
  TelemetryModuleAsyncOptions,
  TelemetryModuleOptions,
  TelemetryOptionsFactory,
} from './nest/instance/telemetry-options.js';
export { telemetryConfig, type TelemetryConfigFactory } from './nest/module/telemetry-config.js';
export {
  TelemetryHealthIndicator,
  type TelemetryHealth,
} from './nest/services/telemetry-health.indicator.js';
export { getTracerToken } from './nest/metadata/tracer-names.js';
export { Timed, type TimedOptions } from './nest/decorators/timed.decorator.js';
export { getMeterToken } from './nest/metadata/meter-names.js';
export type { TelemetryMetricsOptions } from './nest/metrics/metrics-module-options.js';
export { TelemetryMetricsModule } from './nest/metrics/telemetry-metrics.module.js';
export { WideEventField } from './nest/wide-events/wide-event-field.decorator.js';
export type { WideEventOptions } from './nest/instance/wide-event-options.js';
export { WideEventInterceptor } from './nest/wide-events/wide-event.interceptor.js';
export { WideEventService } from './nest/wide-events/wide-event.service.js';
export type { SpanOptions } from './tracing/span-options.js';
export type { TelemetryFeatureOptions } from './tracing/feature-options.js';
export { TracerManager } from './tracing/tracer-manager.js';
export { MeterManager } from './metrics/meter-manager.js';
export type {
  ExportSchedule,
  HttpMetricsOptions,
  MetricReaderConfig,
  MetricsOptions,
  PrometheusReaderConfig,
  RuntimeMetricsOptions,
} from './metrics/options/metrics-options.js';
export type { MetricsStatus } from './metrics/readers/metrics-status.js';
export type { SpanDecoratorOptions } from './nest/decorators/span-options.js';
export { TelemetryModule } from './nest/module/telemetry.module.js';
export type { ResourceMetrics } from './sdk/metric-data.js';
export type { SdkMetricReader } from './sdk/metric-reader.js';
export type { PushMetricExporter } from './sdk/push-metric-exporter.js';
export type { ReadableSpan } from './sdk/readable-span.js';
export type { Resource } from './sdk/resource.js';
export type { Sampler } from './sdk/sampler.js';
export type { SpanExporter } from './sdk/span-exporter.js';
export type { SpanLimits } from './sdk/span-limits.js';
export type { SpanProcessor } from './sdk/span-processor.js';
export type { ViewOptions } from './sdk/view-options.js';
