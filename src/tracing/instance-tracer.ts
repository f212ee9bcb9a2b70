import {
  INVALID_TRACEID,
  isSpanContextValid,
  SpanKind,
  TraceFlags,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanContext,
  type SpanOptions as ApiSpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import type { InstrumentationScope } from '../sdk/instrumentation-scope.js';
import { SamplingDecision } from '../sdk/sampler.js';
import { FlowContext, runInContext, type Flow } from '../context/flow-context.js';
import type { Generation } from '../pipeline/generations/generation.js';
import type { CallMeter } from '../pipeline/call-meter.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { RateLimitedLog } from '../base/rate-limited-log.js';
import { keepsShare, SKIP } from '../pipeline/sampling/sampling-decision.js';
import { toAttributes } from './attribute-value.js';
import { newSpanId, newTraceId } from './ids.js';
import { RecordingSpan } from './recording-span.js';
import type { SpanOptions } from './span-options.js';
import { leftOut, UnrecordedSpan } from './unrecorded-span.js';

const NO_OPTIONS: SpanOptions = {};
const NO_LINKS: Link[] = [];
const NO_ATTRIBUTES: Attributes = {};
const NO_FLOW_PARTS: Partial<Pick<Flow, 'baggage' | 'attributes'>> = {};

/**
 * A tracer of one instance. It asks for the flow's pipeline generation at each span, so a tracer that was
 * injected at start-up follows every reconfiguration.
 *
 * **Gotchas** Code that only knows the OpenTelemetry API passes `context.active()`, which is empty because
 * no context manager is registered. A foreign context without a span therefore takes the active span as
 * parent. Pass `root: true` for a root span.
 */
export class InstanceTracer implements Tracer {
  constructor(
    readonly pipeline: Pipeline,
    private readonly scope: InstrumentationScope,
    /** Attributes for every span of this tracer. */
    private readonly attributes?: Attributes,
  ) {}

  get log(): RateLimitedLog {
    return this.pipeline.log;
  }

  /** Returns the meter for calls, if metrics are on. */
  get callMeter(): CallMeter | undefined {
    const { callMeter } = this.pipeline;
    return callMeter?.enabled === true ? callMeter : undefined;
  }

  startSpan(name: string, options?: ApiSpanOptions | null, context?: Context | null): Span {
    return this.start(name, options ?? NO_OPTIONS, FlowContext.from(context));
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: ApiSpanOptions,
    fn: F,
  ): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: ApiSpanOptions,
    context: Context,
    fn: F,
  ): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    const fn = rest.at(-1) as F;
    const [options, given] = rest.slice(0, -1) as [ApiSpanOptions?, Context?];
    const context = FlowContext.from(given);
    const span = this.start(name, options ?? NO_OPTIONS, context);
    const inside = span instanceof UnrecordedSpan && !span.activates ? context : context.withSpan(span);
    return runInContext(inside, fn, span) as ReturnType<F>;
  }

  /**
   * Starts a span below the context's span. The span records nothing if the instance is disabled, tracing
   * is suppressed, or the sampler drops it.
   */
  start(name: string, options: SpanOptions, context: FlowContext): RecordingSpan | UnrecordedSpan {
    // The parent comes first: reading a server span's context makes it choose the generation that its
    // children share.
    const caller = parentOf(context);
    const generation = generationFor(this.pipeline, context);
    if (generation?.enabled !== true || context.suppressed) return leftOut(context.span);

    const parent = options.root === true ? undefined : caller;
    const traceId = parent?.traceId ?? newTraceId();
    const kind = options.kind ?? SpanKind.INTERNAL;
    const links = options.links ?? NO_LINKS;
    const { sampler } = generation;
    let attributes = sampler.needsAttributes
      ? this.initialAttributes(options, context, generation.structuredAttributes)
      : undefined;
    const given = attributes ?? NO_ATTRIBUTES;
    // `NaN` is not a valid share.
    const share = (options.sample ?? -1) >= 0 ? options.sample : undefined;
    const sampled = sampler.sample(parent, context, traceId, name, kind, given, links, share);
    const { decision } = sampled;
    if (decision === SamplingDecision.NOT_RECORD && parent !== undefined) {
      // An unsampled child of an unsampled parent needs no context of its own.
      if (sampled === SKIP || (!isSampled(parent) && sampled.traceState === undefined))
        return leftOut(context.span);
    }

    const spanId = newSpanId();
    const spanContext: SpanContext = {
      traceId,
      spanId,
      traceFlags: decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE,
    };
    const traceState = sampled.traceState ?? parent?.traceState;
    if (traceState !== undefined) spanContext.traceState = traceState;
    if (decision === SamplingDecision.NOT_RECORD) return new UnrecordedSpan(spanContext, true);
    if (parent !== undefined && share !== undefined && !keepsShare(spanId, share)) {
      return new UnrecordedSpan({ ...spanContext, traceFlags: TraceFlags.NONE }, true);
    }

    attributes ??= this.initialAttributes(options, context, generation.structuredAttributes);
    if (sampled.attributes !== undefined)
      Object.assign(attributes, toAttributes(sampled.attributes, generation.structuredAttributes));
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
    span.errorClassifier = options.errorClassifier;
    generation.startSpan(span, context);
    return span;
  }

  /**
   * Merges attributes from the most general to the most specific: the request's baggage, the module, the
   * flow, the span itself.
   */
  private initialAttributes(options: ApiSpanOptions, context: FlowContext, structures: boolean): Attributes {
    const own: Attributes = options.attributes ? toAttributes(options.attributes, structures) : {};
    const { baggage, attributes: flowAttributes } = context.flow ?? NO_FLOW_PARTS;
    const said = baggage === undefined ? undefined : this.pipeline.propagation.rules?.attributesOf(baggage);
    if (this.attributes === undefined && flowAttributes === undefined && said === undefined) return own;
    return { ...said, ...this.attributes, ...flowAttributes, ...own };
  }
}

/**
 * Returns the generation of a span that starts here: the flow's choice for this pipeline, else the local
 * parent's generation (a request keeps its generation), else the generation of the request's tenant, else
 * the current one.
 */
export function generationFor(pipeline: Pipeline, context: FlowContext): Generation | undefined {
  const chosen = context.flow?.targetOf(pipeline);
  if (chosen !== undefined) return chosen.current();
  const parent = context.span;
  if (
    parent instanceof RecordingSpan &&
    parent.generation.pipeline === pipeline &&
    !parent.generation.closed
  ) {
    return parent.generation;
  }
  const entry = context.flow?.entry;
  const tenant = entry === undefined ? undefined : pipeline.tenants?.forEntry(entry);
  return tenant ?? pipeline.current;
}

function parentOf(context: FlowContext): SpanContext | undefined {
  const { span } = context;
  if (span === undefined) return undefined;
  const parent = span.spanContext();
  // Contexts of this library's spans are well-formed; they can only be absent.
  const valid =
    span instanceof RecordingSpan ? parent.traceId !== INVALID_TRACEID : isSpanContextValid(parent);
  return valid ? parent : undefined;
}

function isSampled(context: SpanContext): boolean {
  return (context.traceFlags & TraceFlags.SAMPLED) !== 0;
}
