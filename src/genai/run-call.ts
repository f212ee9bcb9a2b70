import { SpanKind, type Attributes, type Span } from '@opentelemetry/api';
import { resolveGenAi, type ResolvedGenAiConfig } from '../config/genai-config.js';
import type { MaskingConfig } from '../config/masking-config.js';
import { activeContext, runInContext, type FlowContext } from '../context/flow-context.js';
import { generationFor } from '../tracing/instance-tracer.js';
import { classifyError } from '../tracing/error-classifier.js';
import { recordError } from '../tracing/error-record.js';
import { RecordingSpan } from '../tracing/recording-span.js';
import { runInSpan } from '../tracing/run-in-span.js';
import { contextBelow } from '../tracing/span-options.js';
import { activating } from '../tracing/stream-span.js';
import type { TracerManager } from '../tracing/tracer-manager.js';
import { NO_SPAN, UnrecordedSpan } from '../tracing/unrecorded-span.js';
import { defined } from './answers/fields.js';
import { GEN_AI } from './attribute-names.js';
import { CallContent } from './call-content.js';
import type { CallDescription, CallFacts } from './call-facts.js';
import { ContentPolicy } from './content-policy.js';
import { callOf, usageOwnerOf, withCall } from './current-call.js';
import { genAiRequest } from './gen-ai-vocabulary.js';
import { GenAiCall } from './genai-call.js';
import { classifyModelError, classifyWithheldError, isAbort } from './model-error.js';
import { openInferenceRequest } from './open-inference-vocabulary.js';
import {
  isGenAiOperation,
  OPERATIONS,
  PLAIN_OPERATIONS,
  type GenAiOperation,
  type OperationSubject,
  type PlainOperation,
} from './operations.js';
import { PriceTable } from './prices.js';
import { UsageSum } from './usage.js';

/** The objects that a configuration of model calls is compiled to, once. */
interface Compiled {
  readonly policy: ContentPolicy;
  readonly prices: PriceTable;
}

const compiled = new WeakMap<ResolvedGenAiConfig, Compiled>();
/** The configuration for calls that are not recorded. */
const OFF = resolveGenAi();

/** A call that has begun. */
export interface StartedCall {
  readonly call: GenAiCall;
  /** The call's own span, for `end`. It reports its end even if it records nothing. */
  readonly span: Span;
  /** The context for all work of the call. */
  readonly context: FlowContext;
  /** The call's flow without its span, which is only active while the call runs. */
  readonly around: FlowContext;
  fail(error: unknown): void;
  /** Ends the call; further calls have no effect. */
  end(): void;
}

/** An operation of either vocabulary. */
export type AnyOperation = GenAiOperation | PlainOperation;

/**
 * Begins a call for code that cannot pass a function. Its parent is `options.parent`, else the active span.
 *
 * @param manager - the manager of the call's instance; absent if there is none
 */
export function startCall(
  manager: TracerManager | undefined,
  operation: AnyOperation,
  given: CallDescription,
): StartedCall {
  const outside = contextBelow(given.parent);
  const options = withConversation(given, outside);
  const pipeline = manager?.pipeline;
  const generation = pipeline && generationFor(pipeline, outside);
  const settings = generation?.enabled === true ? generation.config : undefined;
  const config = settings?.genai ?? OFF;
  const { policy, prices } = compiledOf(config, settings?.masking ?? {});
  const { kind, spanKind } = isGenAiOperation(operation)
    ? OPERATIONS[operation]
    : PLAIN_OPERATIONS[operation];
  const content = new CallContent(operation, policy);
  const call = new GenAiCall({
    operation,
    spanKind,
    options,
    config,
    content,
    prices,
    meter:
      pipeline?.callMeter?.enabled === true && options.measured !== false ? pipeline.callMeter : undefined,
    owner: usageOwnerOf(outside),
    entry: outside.flow?.entry,
    unpriced: (model) => {
      if (prices.isNewlyMissing(model))
        pipeline?.log.debug(`\`genai.prices\` has no price for ${model}: it has no cost.`);
    },
  });
  if (options.input !== undefined) call.setInput(options.input);
  if (manager === undefined || settings === undefined) return unrecorded(call, outside);

  const facts = requestFacts(operation, options, content);
  const { conventions } = config;
  const attributes = defined<Attributes>({
    ...(conventions === 'openinference' ? {} : genAiRequest(facts)),
    ...(conventions === 'gen_ai' && isGenAiOperation(operation) ? {} : openInferenceRequest(facts)),
    ...options.attributes,
  } as Attributes);
  const started = manager.startSpan(options.spanName ?? nameOf(operation, options), {
    kind: options.kind ?? (options.remote === true ? SpanKind.CLIENT : kind),
    attributes,
    parent: outside,
    errorClassifier: (error) => {
      if (isAbort(error)) call.abort();
      return content.showsErrors
        ? classifyModelError(error)
        : classifyWithheldError(error, started.spanContext().traceId);
    },
  });
  const span = started instanceof RecordingSpan ? started : new UnrecordedCall(started, call);
  if (span instanceof RecordingSpan) span.atEnd = call;
  call.span = span;
  return began(call, span, outside);
}

/**
 * Runs `fn` as a call, which ends with the result or with the stream that it is.
 *
 * @param written - the user's function, if `fn` wraps it
 */
export function runCall<T>(
  manager: TracerManager | undefined,
  operation: AnyOperation,
  options: CallDescription,
  fn: (call: GenAiCall) => T,
  written: unknown = fn,
): T {
  const { call, span, around } = startCall(manager, operation, options);
  const inside = (): T => fn(call);
  if (span === NO_SPAN) return runInContext(around, inside);
  return runInSpan(span, around, inside, {
    name: operation,
    written,
    onResult: (_span, result) => {
      call.readResult(result);
    },
    listener: call,
    log: manager?.pipeline.log,
  });
}

/** Whether code outside of a call may record error messages, which may repeat inputs and outputs. */
export function showsErrors(manager: TracerManager): boolean {
  const { config } = generationFor(manager.pipeline, activeContext()) ?? {};
  if (config === undefined) return false;
  const { policy } = compiledOf(config.genai, config.masking);
  return new CallContent('execute_tool', policy).showsErrors;
}

/** A call whose span is not recorded but whose usage is counted. */
class UnrecordedCall extends UnrecordedSpan {
  private errorType: string | undefined;

  constructor(
    span: Span,
    private readonly call: GenAiCall,
  ) {
    super(span.spanContext(), span instanceof UnrecordedSpan && span.activates);
  }

  override failed(error: unknown): void {
    if (isAbort(error)) this.call.abort();
    this.errorType = (classifyModelError(error) ?? classifyError(error)).type;
  }

  override end(): void {
    this.call.spanEnds(this.errorType !== undefined, this.errorType);
  }
}

function unrecorded(call: GenAiCall, outside: FlowContext): StartedCall {
  const nothing = (): void => undefined;
  const around = withCall(outside, call);
  return { call, span: NO_SPAN, context: around, around, fail: nothing, end: nothing };
}

function began(call: GenAiCall, span: Span, outside: FlowContext): StartedCall {
  const around = withCall(outside, call);
  return {
    call,
    span,
    around,
    context: activating(span, around),
    fail: (error) => {
      recordError(span, error);
      span.end();
    },
    end: () => {
      span.end();
    },
  };
}

function compiledOf(config: ResolvedGenAiConfig, masking: MaskingConfig): Compiled {
  let found = compiled.get(config);
  if (found === undefined) {
    found = { policy: new ContentPolicy(config, masking), prices: new PriceTable(config.prices) };
    compiled.set(config, found);
  }
  return found;
}

/** Adds the surrounding call's conversation. */
function withConversation(given: CallDescription, outside: FlowContext): CallDescription {
  if (given.conversation !== undefined) return given;
  const said = outside.flow?.attributes?.[GEN_AI.conversation];
  const conversation = callOf(outside)?.conversation ?? (typeof said === 'string' ? said : undefined);
  return conversation === undefined ? given : { ...given, conversation };
}

function requestFacts(operation: AnyOperation, options: CallDescription, content: CallContent): CallFacts {
  const { spanKind } = isGenAiOperation(operation) ? OPERATIONS[operation] : PLAIN_OPERATIONS[operation];
  return {
    operation,
    spanKind,
    options,
    content,
    response: {},
    usage: new UsageSum(),
    summed: false,
    cost: undefined,
    stream: options.stream === true,
    timeToFirstChunk: undefined,
  };
}

/** Returns the span's name: `{operation} {model|agent|tool}`, or the operation alone if it has no subject. */
function nameOf(operation: AnyOperation, options: CallDescription): string {
  if (!isGenAiOperation(operation)) return operation;
  const subjects: Readonly<Record<OperationSubject, string | undefined>> = {
    model: options.model,
    agent: options.agent?.name,
    tool: options.tool?.name,
    dataSource: options.dataSource,
    workflow: options.workflow,
    nothing: undefined,
  };
  const subject = subjects[OPERATIONS[operation].subject];
  return subject === undefined || subject === '' ? operation : `${operation} ${subject}`;
}
