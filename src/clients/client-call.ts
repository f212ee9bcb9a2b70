import {
  createContextKey,
  SpanKind,
  SpanStatusCode,
  type Attributes,
  type AttributeValue,
  type Span,
} from '@opentelemetry/api';
import { libraryOptions, type ClientLibrary, type ClientsConfig } from '../config/clients-config.js';
import { activeContext, type FlowContext } from '../context/flow-context.js';
import { runAsExport } from '../context/export-context.js';
import { epochMillis, monotonicMillis } from '../tracing/clock.js';
import { generationFor } from '../tracing/instance-tracer.js';
import { RecordingSpan } from '../tracing/recording-span.js';
import { UnrecordedSpan } from '../tracing/unrecorded-span.js';
import { instanceOfCall, type RecordingInstance } from './recording-instance.js';
import type { ClientSource } from './client-source.js';
import { repeatsOf, type Repeats } from './folding.js';
import { callBegins, callEnds } from './open-calls.js';

const CALL_KEY = createContextKey('nestjs-telemetry outgoing call');

/** Libraries that call through other ones, which then create no span. */
const BUILT_ON: Readonly<Record<string, readonly string[]>> = {
  mongoose: ['mongodb'],
  // A waiting command's call, until the command is sent.
  ioredis: ['ioredis'],
  'ioredis batch': ['ioredis'],
  'redis batch': ['redis'],
};

/** The name, attributes and metric of a call at its start. */
export interface CallPlan {
  readonly name: string;
  /** Attributes, which several calls may share. */
  readonly attributes: Readonly<Attributes>;
  /** The histogram of durations, with its attributes. */
  readonly metric: CallMetricPlan;
  /** Whether repeated calls with this name and parent are counted instead of recorded. */
  readonly folds?: boolean;
}

export interface CallMetricPlan {
  readonly name: string;
  readonly keys: readonly string[];
}

/** The failure of a call; `message` must not contain user data. */
export interface CallFailure {
  readonly type: string;
  readonly message?: string | undefined;
}

export type LibraryOptions<L extends ClientLibrary> = Exclude<ClientsConfig[L], boolean | undefined>;

/**
 * Begins to record a call of the running flow.
 *
 * @param plan - called only if the call is recorded; may return nothing to skip the call
 * @returns nothing if the call belongs to no instance, or to another call that is already recorded
 */
export function beginCall<L extends ClientLibrary>(
  source: Pick<ClientSource, 'name'> & { readonly library: L },
  plan: (options: LibraryOptions<L>) => CallPlan | undefined,
  context: FlowContext = activeContext(),
): ClientCall | undefined {
  if (context.suppressed) return undefined;
  const instance = instanceOfCall(context);
  if (instance === undefined) return undefined;
  const generation = generationFor(instance.pipeline, context);
  if (generation?.enabled !== true) return undefined;
  const { clients = {} } = generation.config;
  const options: LibraryOptions<L> | undefined = libraryOptions(clients, source.library);
  if (options === undefined || clients === false) return undefined;
  const onlyOuter = clients.nested !== 'both';
  if (onlyOuter && instance.replaced.has(source.name)) return undefined;
  const outer = onlyOuter ? outerCall(context, source.name) : undefined;
  const planned = plan(options);
  if (planned === undefined) return undefined;
  if (outer !== undefined) {
    outer.learn(planned.attributes);
    return undefined;
  }
  const handMade = onlyOuter && isHandMade(context, planned.attributes);
  if (handMade) return new ClientCall(source, instance, context, planned, undefined, context.span);
  const repeats =
    planned.folds === true && clients.folding !== false && context.span instanceof RecordingSpan
      ? repeatsOf(context.span, planned.name, clients.folding ?? {})
      : undefined;
  return new ClientCall(source, instance, context, planned, repeats);
}

/** Whether a source works for another call in this context, which creates the span. */
export function isPartOf(context: FlowContext, source: string): boolean {
  const call = context.getValue(CALL_KEY) as ClientCall | undefined;
  return call !== undefined && (call.source === source || BUILT_ON[call.source]?.includes(source) === true);
}

function outerCall(context: FlowContext, source: string): ClientCall | undefined {
  const outer = context.getValue(CALL_KEY) as ClientCall | undefined;
  return outer?.over === false && BUILT_ON[outer.source]?.includes(source) === true ? outer : undefined;
}

/** Whether the active span was created by hand for this call, as `withHttpSpan` does. */
function isHandMade(context: FlowContext, planned: Attributes): boolean {
  const { span } = context;
  if (!(span instanceof RecordingSpan) || span.kind !== SpanKind.CLIENT || span.ended) return false;
  const ours = context.getValue(CALL_KEY) as ClientCall | undefined;
  if (ours?.span === span) return false;
  const { attributes } = span;
  const system = attributes['db.system.name'] ?? attributes['db.system'];
  return system === undefined
    ? planned['http.request.method'] !== undefined && attributes['http.request.method'] !== undefined
    : system === planned['db.system.name'];
}

/** A running call. */
export class ClientCall {
  /** The call's span; absent while the call is only counted. */
  readonly span: Span | undefined;
  /** The name of the package or of Node's module. */
  readonly source: string;
  readonly library: ClientLibrary;
  over = false;
  /** The number of times that the request was sent before. */
  resends = 0;
  private readonly startMonotonic: number;
  /** Attributes that were not known at the start. */
  private learnt: Attributes | undefined;

  constructor(
    { name, library }: Pick<ClientSource, 'name' | 'library'>,
    readonly instance: RecordingInstance,
    private readonly caller: FlowContext,
    private readonly plan: CallPlan,
    private readonly repeats: Repeats | undefined,
    /** A span for this call that other code created; it stays unchanged. */
    private readonly handMade?: Span,
  ) {
    this.source = name;
    this.library = library;
    this.span = repeats === undefined && handMade === undefined ? this.startSpan() : undefined;
    this.startMonotonic = this.span instanceof RecordingSpan ? this.span.startMonotonic : monotonicMillis();
    callBegins(this);
  }

  /** The context for the library's work, with the call's span active. */
  get context(): FlowContext {
    const { span, caller } = this;
    const inside =
      span === undefined || (span instanceof UnrecordedSpan && !span.activates)
        ? caller
        : caller.withSpan(span);
    return inside.setValue(CALL_KEY, this);
  }

  get parentSpan(): Span | undefined {
    return this.caller.span;
  }

  /** The context for the headers that are sent with the call. */
  get outgoing(): FlowContext {
    return this.span === undefined ? this.caller : this.caller.withSpan(this.span);
  }

  set(attributes: Attributes): void {
    this.learnt = this.learnt === undefined ? attributes : { ...this.learnt, ...attributes };
    this.span?.setAttributes(attributes);
  }

  /** Returns a text attribute of the call; empty if there is none. */
  text(key: string): string {
    const value = this.attribute(key);
    return typeof value === 'string' ? value : '';
  }

  /** Adds attributes from an underlying library, unless they are known already. */
  learn(attributes: Attributes): void {
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined && this.attribute(key) === undefined) this.set({ [key]: value });
    }
  }

  private get attributes(): Readonly<Attributes> {
    const { learnt, plan } = this;
    return learnt === undefined ? plan.attributes : { ...plan.attributes, ...learnt };
  }

  private attribute(key: string): AttributeValue | undefined {
    return this.learnt?.[key] ?? this.plan.attributes[key];
  }

  end(failure?: CallFailure): void {
    if (!this.isFirstEnd()) return;
    const seconds = (monotonicMillis() - this.startMonotonic) / 1000;
    if (failure !== undefined) this.set({ 'error.type': failure.type });
    this.measure(seconds);
    if (this.handMade !== undefined) return;
    if (failure === undefined && this.repeats !== undefined) {
      const { caller, instance, startMonotonic } = this;
      this.repeats.add(caller, instance, () => this.attributes, startMonotonic, seconds);
      return;
    }
    const span = this.ownSpan();
    if (failure !== undefined) {
      const { message } = failure;
      span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
    }
    span.end();
  }

  /** Ends the span of a call whose outcome will not be recorded; its duration is not measured. */
  endUnfinished(): void {
    if (!this.isFirstEnd() || this.handMade !== undefined) return;
    this.set({ 'nestjs.call.unfinished': true });
    this.ownSpan().end();
  }

  private isFirstEnd(): boolean {
    if (this.over) return false;
    this.over = true;
    callEnds(this);
    return true;
  }

  /** Returns the span of the call; a counted one that fails gets its own. */
  private ownSpan(): Span {
    return this.span ?? this.startSpan(epochMillis(this.startMonotonic));
  }

  private startSpan(startTime?: number): Span {
    const { attributes } = this;
    const kind = SpanKind.CLIENT;
    const options = startTime === undefined ? { kind, attributes } : { kind, attributes, startTime };
    return this.instance.manager.getTracer().startSpan(this.plan.name, options, this.caller);
  }

  private measure(seconds: number): void {
    const { callMeter } = this.instance.pipeline;
    if (callMeter?.enabled !== true) return;
    const { name, keys } = this.plan.metric;
    const chosen: Attributes = {};
    for (const key of keys) {
      const value = this.attribute(key);
      if (value !== undefined) chosen[key] = value;
    }
    // Runs outside of the request, whose baggage only belongs on instruments of the user.
    runAsExport(() => {
      callMeter.recordCall(name, seconds, chosen);
    });
  }
}
