export {
  TelemetryConfigError,
  TelemetryError,
  type ConfigProblem,
  type TelemetryErrorCode,
} from './errors.js';
export type {
  ConsoleExporterConfig,
  ExporterConfig,
  JaegerExporterConfig,
  MemoryExporterConfig,
  NoneExporterConfig,
  OtlpExporterConfig,
  TlsConfig,
  ZipkinExporterConfig,
} from './config/exporter-config.js';
export type {
  BatchConfig,
  ExporterOption,
  MaskingConfig,
  SamplerConfig,
  ServiceConfig,
  TracerConfig,
} from './config/tracer-config.js';
export type { ErrorClassification, ErrorClassifier } from './config/error-classification.js';
export {
  propagatorsFromEnv,
  tracerConfigFromEnv,
  type EnvironmentOptions,
  type PropagatorName,
} from './config/environment/environment.js';
export { mergeTracerConfig } from './config/merge-config.js';
export { arize, ArizeEndpoint, arizeHeaders, type ArizeOptions } from './config/presets/arize.js';
export { ensureCollectorEndpoint } from './config/presets/collector-endpoint.js';
export { phoenix, type PhoenixOptions } from './config/presets/phoenix.js';
export { highThroughput, memoryConstrained, samplingByEnvironment } from './config/presets/tuning.js';
export { redactConfig } from './config/redact-config.js';
export type { NamePattern, SamplingRule, SpanKindName } from './config/sampler-config.js';
export { Secret, type HeaderValues } from './config/secret.js';
export type { BaggageRefusal } from './context/baggage-builder.js';
export { BaggageKeys } from './context/baggage-names.js';
export type { Carrier } from './context/propagation.js';
export type { HttpOptions, RawRequest, RawResponse, RoutePattern } from './http/http-options.js';
export { MeterManager, type MeterDefaults } from './metrics/meter-manager.js';
export type { MetricsStatus } from './metrics/meter-pipeline.js';
export type {
  ConsoleReaderConfig,
  CustomReaderConfig,
  ExportSchedule,
  HttpMetricsOptions,
  MetricReaderConfig,
  MetricsOptions,
  OtlpReaderConfig,
  PrometheusReaderConfig,
  RuntimeMetricsOptions,
  Temporality,
} from './metrics/options/metrics-options.js';
export type { MetricReaderStatus } from './metrics/readers/push-reader.js';
export type { CallMetric } from './pipeline/call-meter.js';
export type { OverrideHandle, OverrideOptions } from './pipeline/generations/overrides.js';
export type { ReconfigureReport } from './pipeline/generations/config-change.js';
export type { OverrideStatus, PipelineStatus } from './pipeline/pipeline-status.js';
export type { TenantOptions } from './pipeline/tenants/tenant-options.js';
export type { ExporterVerdict, VerifyExportResult } from './pipeline/verify-export.js';
export type { DropReason, ExportFailureStatus, SinkStatus } from './pipeline/span-sink.js';
export { BaggageService, type BaggageEntries } from './tracing/baggage-service.js';
export type {
  Instrumentation,
  InstrumentationOption,
  InstrumentedModule,
} from './tracing/instrumentation/instrumentation.js';
export type { PropagationOptions } from './tracing/load-propagation.js';
export {
  traceLogFields,
  traceLogFormat,
  traceLogMeta,
  type LogFields,
  type LogFieldsOptions,
  type LogFormat,
} from './tracing/log-fields.js';
export { TelemetryLogger, type TelemetryLoggerOptions } from './nest/logging/telemetry-logger.js';
export type { CheckpointAttributes, CheckpointOptions } from './tracing/checkpoint.js';
export { classifyError } from './tracing/error-classifier.js';
export type { FlowAttributes, PromptTemplate } from './tracing/flow-attributes.js';
export type { SampledSpanOptions } from './tracing/instance-tracer.js';
export { MASK_EMAIL, REDACTED_VALUE } from './pipeline/masking/mask-defaults.js';
export {
  TracerManager,
  type SpanSettings,
  type StartSpanOptions,
  type TracerDefaults,
} from './tracing/tracer-manager.js';
export { BaggageGuard } from './nest/hub/baggage.guard.js';
export type { BaggageOptions, BaggageRequest } from './nest/baggage/baggage-options.js';
export { Baggage } from './nest/decorators/baggage.decorator.js';
export type { TelemetryAdminOptions } from './nest/admin/admin-options.js';
export { TelemetryAdminModule } from './nest/admin/telemetry-admin.module.js';
export type { SseOptions, SseSpanOptions, StreamOutcome } from './http/stream-options.js';
export { Counted, type MeasuredMethodOptions } from './nest/decorators/counted.decorator.js';
export { InjectMeter } from './nest/decorators/inject-meter.decorator.js';
export {
  OtelInstanceCounter,
  OtelMethodCounter,
  type OtelCounterOptions,
} from './nest/decorators/otel-counters.decorator.js';
export {
  OtelCounter,
  OtelGauge,
  OtelHistogram,
  OtelObservableCounter,
  OtelObservableGauge,
  OtelObservableUpDownCounter,
  OtelUpDownCounter,
  type MetricParamDecorator,
} from './nest/decorators/otel-instruments.decorator.js';
export { InjectTracer } from './nest/decorators/inject-tracer.decorator.js';
export { CurrentSpan } from './nest/decorators/current-span.decorator.js';
export { NoSpan } from './nest/decorators/no-span.decorator.js';
export { Span } from './nest/decorators/span.decorator.js';
export { SpanAttribute } from './nest/decorators/span-attribute.decorator.js';
export type {
  AnyValue,
  ResultAttributes,
  SpanDecoratorInput,
  SpanDecoratorOptions,
  SpanMethodDecorator,
} from './nest/decorators/span-options.js';
export { Traceable, type TraceableOptions } from './nest/decorators/traceable.decorator.js';
export {
  TracePipeline,
  TraceStage,
  type TracePipelineOptions,
  type TraceStageOptions,
} from './nest/decorators/workflow.decorator.js';
export { TraceService } from './nest/services/trace.service.js';
export { LlmCall, type LlmCallOptions } from './workflow/llm-call.js';
export {
  PipelineRun,
  type PipelineOptions,
  type PipelineResult,
  type PipelineRunOptions,
} from './workflow/pipeline-run.js';
export { StageRun, type StageOptions, type StageResult } from './workflow/stage-run.js';
export type { Usage } from './workflow/usage.js';
export { WORKFLOW_ATTRIBUTES, WORKFLOW_SPAN_KINDS } from './workflow/workflow-attributes.js';
export { WorkflowTracer } from './workflow/workflow-tracer.js';
export { SseSpan } from './nest/decorators/sse-span.decorator.js';
export { HttpTelemetryInterceptor } from './nest/requests/http-telemetry.interceptor.js';
export { SseTelemetryInterceptor } from './nest/requests/sse-telemetry.interceptor.js';
export type {
  ShutdownOptions,
  TelemetryModuleAsyncOptions,
  TelemetryModuleOptions,
  TelemetryOptionsFactory,
} from './nest/instance/telemetry-options.js';
export { telemetryConfig, type TelemetryConfigFactory } from './nest/module/telemetry-config.js';
export {
  TelemetryHealthIndicator,
  type TelemetryHealth,
} from './nest/services/telemetry-health.indicator.js';
export { TelemetryModule, type TelemetryFeatureOptions } from './nest/module/telemetry.module.js';
export { getTracerToken } from './nest/metadata/tracer-names.js';
export { Timed, type TimedOptions } from './nest/decorators/timed.decorator.js';
export { getMeterToken } from './nest/metadata/meter-names.js';
export { MetricService, type OtelMetricOptions } from './nest/services/metric.service.js';
export type { TelemetryMetricsOptions } from './nest/metrics/metrics-module-options.js';
export { TelemetryMetricsModule } from './nest/metrics/telemetry-metrics.module.js';
export { WideEventField } from './nest/wide-events/wide-event-field.decorator.js';
export type { WideEventOptions } from './nest/instance/wide-event-options.js';
export { WideEventInterceptor } from './nest/wide-events/wide-event.interceptor.js';
export { WideEventService } from './nest/wide-events/wide-event.service.js';
