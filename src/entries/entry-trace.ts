import { SpanStatusCode, trace, type Link, type Span } from '@opentelemetry/api';
import { isObservable, type Observable } from 'rxjs';
import { bindEntry } from '../context/entry.js';
import { Flow, FlowContext, runInContext, type Entry } from '../context/flow-context.js';
import type { RemoteContext } from '../context/propagation.js';
import type { HistogramDefinition } from '../pipeline/call-meter.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { EntryContext } from '../pipeline/tenants/tenant-options.js';
import { monotonicMillis } from '../tracing/clock.js';
import { classifyError } from '../tracing/error-classifier.js';
import { observeLike } from '../tracing/context-subscriber.js';
import { errorMessage } from '../tracing/exception.js';
import { recordError } from '../tracing/error-record.js';
import type { InstanceTracer } from '../tracing/instance-tracer.js';
import { activating } from '../tracing/stream-span.js';
import { NO_SPAN } from '../tracing/unrecorded-span.js';
import { whenOver } from '../tracing/when-over.js';
import { TENANT_HEADER, type MessageHeaders } from './entry-carrier.js';
import type { EntryFacts, EntryOutcome, Failure } from './entry-facts.js';
import type { EntryKind, EntryRules } from './entry-options.js';

/** The part of an instance that entries need. */
export interface EntryInstanceView {
  readonly pipeline: Pipeline;
  readonly tracer: InstanceTracer;
  readonly entryRules: EntryRules;
  /** Entries that have not ended. */
  readonly openEntries: Set<EntryTrace>;
}

/**
 * The most open entries. An entry that never ends would otherwise stay in memory as long as the app runs.
 */
const MAX_OPEN_ENTRIES = 10_000;

const WAIT: HistogramDefinition = {
  name: 'nestjs.job.wait.duration',
  description: 'Time that jobs were due before their first attempt began.',
  unit: 's',
  boundaries: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600],
};

/**
 * One message, job, socket message, tick or event. It begins when the framework passes it to the app, and
 * ends when its work is done.
 */
export class EntryTrace implements Entry {
  readonly excluded: boolean;
  readonly context: FlowContext;
  readonly subject: EntryContext;
  readonly pipeline: Pipeline;
  readonly span: Span;
  /** The sender's tenant. */
  readonly tenant: string | undefined;
  private readonly startedAt = monotonicMillis();
  private failure: Failure | undefined;
  private holds = 1;
  private over = false;
  /** Whether the response is a stream whose end is recorded. */
  private streams = false;

  private constructor(
    private readonly instance: EntryInstanceView,
    private readonly facts: EntryFacts,
  ) {
    const { kind, pattern, handler, args, headers = {}, from } = facts;
    this.pipeline = instance.pipeline;
    this.subject = { pattern, handler, args, headers };
    this.excluded = facts.untraced === true || !instance.entryRules.covers(kind, pattern);
    const remote = from === undefined ? receive(instance, headers) : undefined;
    this.tenant =
      from === undefined
        ? asText(headers[TENANT_HEADER])
        : instance.pipeline.tenants?.keys.ofFlow(instance.pipeline, from.flow);
    const flow = from?.flow;
    const baggage = flow?.baggage ?? remote?.baggage;
    const base = new FlowContext(undefined, new Flow(this, baggage, flow?.overlay, flow?.attributes));
    this.span = this.excluded ? NO_SPAN : this.start(instance, base, remote);
    this.context = this.excluded ? base : activating(this.span, base);
    if (this.span.isRecording() && instance.openEntries.size < MAX_OPEN_ENTRIES)
      instance.openEntries.add(this);
    if (typeof facts.thing === 'object' && facts.thing !== null) bindEntry(facts.thing, this);
  }

  /** Begins an entry; `undefined` if the instance or the kind is off. */
  static begin(instance: EntryInstanceView | undefined, facts: EntryFacts): EntryTrace | undefined {
    if (instance?.pipeline.current?.enabled !== true || !instance.entryRules.traces(facts.kind))
      return undefined;
    return new EntryTrace(instance, facts);
  }

  get kind(): EntryKind {
    return this.facts.kind;
  }

  /** Runs the handler. The entry ends when its result is complete, a stream included. */
  run<T>(fn: () => T): T {
    let result: T;
    try {
      result = runInContext(this.context, fn);
    } catch (error) {
      this.fail(error);
      this.release();
      throw error;
    }
    if (!(result instanceof Promise)) return this.follow(result);
    return result.then(
      (value: unknown) => this.follow(value),
      (error: unknown) => {
        this.fail(error);
        this.release();
        throw error;
      },
    ) as T;
  }

  /** Records an error. The first one counts; later ones are the result of filters. */
  fail(error: unknown): void {
    this.failure ??= { error };
  }

  /** Keeps the entry open until {@link release}, even after the handler has ended. */
  hold(): void {
    this.holds += 1;
  }

  release(): void {
    this.holds -= 1;
    if (this.holds === 0) this.finish();
  }

  /** Ends the entry at once, even if work in it is unfinished. */
  finish(): void {
    if (this.over) return;
    this.over = true;
    this.end();
  }

  /** Ends the entry because the app closes before the work is done. */
  abort(): void {
    this.span.setAttribute('nestjs.entry.aborted', true);
    if (this.streams) this.span.setAttribute('stream.outcome', 'server_shutdown');
    this.finish();
  }

  baggageChanged(): void {
    const { baggage } = this.context.flow ?? {};
    const attributes = baggage && this.pipeline.propagation.rules?.attributesOf(baggage);
    if (attributes !== undefined) this.span.setAttributes(attributes);
  }

  private follow<T>(value: T): T {
    return runInContext(this.context, () =>
      whenOver(
        () => (isObservable(value) ? (this.watched(value) as T) : value),
        (failure) => {
          if (failure !== undefined) this.fail(failure.error);
          this.release();
        },
        { name: this.facts.name, log: this.pipeline.log },
      ),
    );
  }

  /** Records the outcome of a response stream, if it is recorded for this kind. */
  private watched(stream: Observable<unknown>): Observable<unknown> {
    const { cutOff } = this.facts;
    if (cutOff === undefined) return stream;
    this.streams = true;
    let outcome: string | undefined;
    return observeLike(stream, {
      begin: () => ({
        context: this.context,
        listener: {
          complete: () => (outcome = 'completed'),
          error: () => (outcome = 'error'),
          closed: () => this.span.setAttribute('stream.outcome', outcome ?? cutOff()),
        },
      }),
    });
  }

  private end(): void {
    const { failure, span, facts, instance } = this;
    instance.openEntries.delete(this);
    const outcome = facts.outcome?.(failure);
    if (outcome?.failed === true) {
      const message = failure === undefined ? {} : { message: errorMessage(failure.error) };
      span.setStatus({ code: SpanStatusCode.ERROR, ...message });
    }
    if (failure !== undefined && outcome?.failed !== false) recordError(span, failure.error);
    if (outcome !== undefined) span.setAttributes(outcome.attributes);
    span.end();
    if (!this.excluded) this.measure(outcome);
  }

  private measure(outcome: EntryOutcome | undefined): void {
    const { metric } = this.facts;
    const { callMeter } = this.pipeline;
    if (metric === undefined || callMeter?.enabled !== true) return;
    const { failure } = this;
    const attributes = { ...metric.attributes };
    if (failure !== undefined && outcome?.failed !== false)
      attributes['error.type'] = classifyError(failure.error).type;
    Object.assign(attributes, outcome?.attributes);
    callMeter.recordCall(metric.name, (monotonicMillis() - this.startedAt) / 1000, attributes);
    if (metric.count !== undefined) callMeter.countCalls(metric.count, 1, attributes);
    const { waitedMillis } = metric;
    if (waitedMillis !== undefined) callMeter.record(WAIT, waitedMillis / 1000, metric.attributes);
  }

  private start(instance: EntryInstanceView, base: FlowContext, remote: RemoteContext | undefined): Span {
    const { facts } = this;
    const sender =
      facts.linkTo ?? (facts.from === undefined ? remote?.spanContext : facts.from.span?.spanContext());
    const relation = facts.relation ?? instance.entryRules.relationOf(facts.pattern);
    const links: Link[] = [];
    if (sender !== undefined && relation === 'link') links.push({ context: sender });
    for (const headers of facts.others ?? []) {
      const other = receive(instance, headers)?.spanContext;
      if (other !== undefined) links.push({ context: other });
    }
    const parent =
      relation === 'parent' && sender !== undefined
        ? (facts.from?.span ?? trace.wrapSpanContext(sender))
        : undefined;
    const { spanKind: kind, attributes, startTime } = facts;
    return instance.tracer.start(
      facts.name,
      { kind, attributes, links, ...(startTime === undefined ? {} : { startTime }) },
      parent === undefined ? base : base.withSpan(parent),
    );
  }
}

function receive(
  { pipeline }: EntryInstanceView,
  headers: MessageHeaders | undefined,
): RemoteContext | undefined {
  return headers && pipeline.propagation.receive({ headers });
}

function asText(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
