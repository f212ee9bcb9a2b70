import {
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  SpanKind,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { activeContext, FlowContext, runInContext } from '../context/flow-context.js';
import type { Generation } from '../pipeline/generation.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { toAttributes } from './attribute-value.js';
import { newSpanId, newTraceId } from './ids.js';
import { RecordingSpan } from './recording-span.js';

const NOOP_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
const NO_OPTIONS: SpanOptions = {};

/**
 * A tracer of one instance: every span goes to the pipeline generation that its flow belongs to, so that a tracer which a
 * service injected at start-up follows each reconfiguration.
 *
 * **Gotchas** Code that knows only the OpenTelemetry API passes `context.active()`, which is empty as nothing is registered:
 * a foreign context without a span takes the active span of our carrier as parent. For a root span say `root: true`.
 */
export class InstanceTracer implements Tracer {
  constructor(
    private readonly pipeline: Pipeline,
    private readonly scope: InstrumentationScope,
    /** Put on every span of this tracer. */
    private readonly attributes?: Attributes,
  ) {}

  startSpan(name: string, options: SpanOptions = NO_OPTIONS, context?: Context): Span {
    return this.start(name, options, context === undefined ? activeContext() : FlowContext.from(context));
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: Context,
    fn: F,
  ): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    const fn = rest.at(-1) as F;
    const options = (rest.length > 1 ? rest[0] : NO_OPTIONS) as SpanOptions;
    const context = rest.length > 2 ? FlowContext.from(rest[1] as Context) : activeContext();
    const span = this.start(name, options, context);
    return runInContext(context.withSpan(span), fn, span) as ReturnType<F>;
  }

  /** Starts a span under the context's span; a no-op span while the instance is disabled or tracing is suppressed. */
  start(name: string, options: SpanOptions, context: FlowContext): Span {
    // First the parent: asking a server span for its context makes it choose the generation that its children share.
    const caller = parentOf(context);
    const generation = generationFor(this.pipeline, context);
    if (generation?.enabled !== true || context.suppressed) return context.span ?? NOOP_SPAN;

    const parent = options.root === true ? undefined : caller;
    const traceId = parent?.traceId ?? newTraceId();
    const kind = options.kind ?? SpanKind.INTERNAL;
    const links = options.links ?? [];
    const { sampler } = generation;
    let attributes = sampler.needsAttributes ? this.initialAttributes(options, context) : undefined;
    const sampled = sampler.sample(parent, context, traceId, name, kind, attributes ?? {}, links);
    const spanContext: SpanContext = {
      traceId,
      spanId: newSpanId(),
      traceFlags:
        sampled.decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE,
    };
    const traceState = sampled.traceState ?? parent?.traceState;
    if (traceState !== undefined) spanContext.traceState = traceState;
    if (sampled.decision === SamplingDecision.NOT_RECORD) return trace.wrapSpanContext(spanContext);

    attributes ??= this.initialAttributes(options, context);
    if (sampled.attributes !== undefined) Object.assign(attributes, toAttributes(sampled.attributes));
    const span = new RecordingSpan(
      generation,
      this.scope,
      name,
      kind,
      spanContext,
      parent,
      attributes,
      options.startTime,
    );
    if (links.length > 0) span.addLinks(links);
    generation.startSpan(span, context);
    return span;
  }

  private initialAttributes(options: SpanOptions, context: FlowContext): Attributes {
    const attributes: Attributes = options.attributes === undefined ? {} : toAttributes(options.attributes);
    if (this.attributes !== undefined) Object.assign(attributes, this.attributes);
    const flowAttributes = context.flow?.attributes;
    if (flowAttributes !== undefined) Object.assign(attributes, flowAttributes);
    return attributes;
  }
}

/**
 * The generation in which a span that starts here belongs: what the flow chose for this pipeline, else the one of the local
 * parent, so that a request keeps the generation that it began in, else the request's tenant's, else the current one.
 */
export function generationFor(pipeline: Pipeline, context: FlowContext): Generation | undefined {
  for (let overlay = context.flow?.overlay; overlay !== undefined; overlay = overlay.next) {
    if (overlay.owner === pipeline) return overlay.target.current() as Generation | undefined;
  }
  const parent = context.span;
  if (parent instanceof RecordingSpan && parent.generation.owner === pipeline && !parent.generation.closed) {
    return parent.generation;
  }
  const request = context.flow?.request;
  const tenant = request === undefined ? undefined : pipeline.tenants?.forRequest(request);
  return tenant ?? pipeline.current;
}

function parentOf(context: FlowContext): SpanContext | undefined {
  const parent = context.span?.spanContext();
  return parent !== undefined && isSpanContextValid(parent) ? parent : undefined;
}
