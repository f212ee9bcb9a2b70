import { createContextKey, SpanKind, type Attributes, type Span } from '@opentelemetry/api';
import { activeContext, type FlowContext } from '../context/flow-context.js';
import { monotonicMillis } from '../tracing/clock.js';
import { classifyError } from '../tracing/error-classifier.js';
import { recordError } from '../tracing/error-record.js';
import { activating } from '../tracing/stream-span.js';
import { whenOver } from '../tracing/when-over.js';
import { CONVENTIONS as C } from './conventions.js';
import { TENANT_HEADER } from './entry-carrier.js';
import type { EntryInstanceView } from './entry-trace.js';

const OUTGOING = createContextKey('nestjs-telemetry outgoing message');

/** The facts about a message, a call or a job before it is sent. */
export interface OutgoingFacts {
  readonly system: string;
  readonly pattern: string;
  /** Whether the sender waits for a response. */
  readonly awaited: boolean;
  readonly host: string;
  readonly attributes: Attributes;
  readonly name?: string;
  /** The number of messages that are sent together. */
  readonly count?: number;
}

/** One outgoing message. Its span lasts from the call to the response, or to the broker's receipt. */
export class OutgoingMessage {
  readonly context: FlowContext;
  /** The headers with which the receiver continues the trace. */
  readonly headers: Readonly<Record<string, string>>;
  private readonly span: Span;
  private readonly startedAt = monotonicMillis();
  private failure: { readonly error: unknown; readonly type: string | undefined } | undefined;
  private code: string | undefined;
  private over = false;

  private constructor(
    private readonly instance: EntryInstanceView,
    private readonly facts: OutgoingFacts,
  ) {
    const { awaited, pattern, name, attributes, host } = facts;
    const active = activeContext();
    this.span = instance.tracer.start(
      name ?? (awaited ? pattern : `send ${pattern}`),
      { kind: awaited ? SpanKind.CLIENT : SpanKind.PRODUCER, attributes },
      active,
    );
    this.context = activating(this.span, active).setValue(OUTGOING, this);
    const headers = instance.pipeline.propagation.headersTo(host, this.context);
    const tenant = instance.pipeline.tenants?.keys.ofFlow(instance.pipeline, active.flow);
    if (tenant !== undefined) headers[TENANT_HEADER] = tenant;
    this.headers = headers;
  }

  /** Begins a message; `undefined` if no instance traces messages here. */
  static begin(
    instance: EntryInstanceView | undefined,
    kind: 'microservices' | 'queues',
    facts: OutgoingFacts,
  ): OutgoingMessage | undefined {
    if (instance?.pipeline.current?.enabled !== true || !instance.entryRules.traces(kind)) return undefined;
    if (activeContext().suppressed || !instance.entryRules.covers(kind, facts.pattern)) return undefined;
    return new OutgoingMessage(instance, facts);
  }

  /** The message that the running code sends. */
  static get current(): OutgoingMessage | undefined {
    return activeContext().getValue(OUTGOING) as OutgoingMessage | undefined;
  }

  /** Called when the receiver has answered with a code of its protocol. */
  answered(code: string): void {
    this.code = code;
    this.span.setAttribute(C.rpcStatusCode, code);
  }

  /** Runs the sending code; the span ends when it is done. */
  during<T>(send: () => T): T {
    return whenOver(
      send,
      (failure) => {
        if (failure !== undefined) this.fail(failure.error);
        this.end();
      },
      { name: this.facts.pattern, log: this.instance.pipeline.log },
    );
  }

  /**
   * Records a failure. Only the first one is kept.
   *
   * @param type - the `error.type`, if a protocol says more than the error's class
   */
  fail(error: unknown, type?: string): void {
    this.failure ??= { error, type };
  }

  /** Ends the span of a message whose response is no longer awaited. */
  endCancelled(): void {
    if (!this.over) this.span.setAttribute(C.errorType, 'cancelled');
    this.end();
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    if (this.failure !== undefined) {
      const { error, type } = this.failure;
      recordError(this.span, error);
      if (type !== undefined) this.span.setAttribute(C.errorType, type);
    }
    this.span.end();
    this.measure();
  }

  private measure(): void {
    const { callMeter } = this.instance.pipeline;
    if (callMeter?.enabled !== true) return;
    const { awaited, pattern, system, count = 1 } = this.facts;
    const attributes: Attributes = awaited
      ? { [C.rpcSystem]: system === 'grpc' ? 'grpc' : 'nestjs', [C.rpcMethod]: pattern }
      : { [C.system]: system, [C.destination]: pattern, [C.operationName]: 'send' };
    if (this.code !== undefined) attributes[C.rpcStatusCode] = this.code;
    if (this.failure !== undefined)
      attributes[C.errorType] = this.failure.type ?? classifyError(this.failure.error).type;
    const seconds = (monotonicMillis() - this.startedAt) / 1000;
    callMeter.recordCall(awaited ? C.clientCallDuration : C.clientOperationDuration, seconds, attributes);
    if (!awaited) callMeter.countCalls(C.sentMessages, count, attributes);
  }
}
