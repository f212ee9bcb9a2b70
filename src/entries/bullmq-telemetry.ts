import { SpanKind, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { activeContext, EMPTY_CONTEXT, FlowContext, runInContext } from '../context/flow-context.js';
import { recordError } from '../tracing/error-record.js';
import { activating } from '../tracing/stream-span.js';
import type { TracerManager } from '../tracing/tracer-manager.js';
import { NO_SPAN } from '../tracing/unrecorded-span.js';
import { CONVENTIONS as C } from './conventions.js';
import { headersOfText } from './entry-carrier.js';
import type { MessageRelation } from './entry-options.js';

/** Options of {@link bullmqTelemetry}. */
export interface BullmqTelemetryOptions {
  /**
   * The relation of an attempt to the code that added its job; default `link`: its own trace with a link.
   */
  readonly relation?: 'link' | 'parent';
}

/** A span in the form that BullMQ uses. */
export interface BullmqSpan {
  /** Returns a context with the span as the active one. */
  setSpanOnContext(context: Context): Context;
  /** Sets one attribute. */
  setAttribute(key: string, value: Attributes[string]): void;
  /** Sets several attributes. */
  setAttributes(attributes: Attributes): void;
  /** Adds an event to the span. */
  addEvent(name: string, attributes?: Attributes): void;
  /** Records an error as an event of the span. */
  recordException(error: unknown): void;
  /** Ends the span. */
  end(): void;
}

/** The `telemetry` option of BullMQ's queues, flow producers and workers. */
export interface BullmqTelemetry {
  /** Creates the spans of jobs. */
  readonly tracer: {
    startSpan(name: string, options?: { readonly kind: SpanKind }, context?: Context): BullmqSpan;
  };
  /** Runs code in a context, and stores contexts in the options of jobs. */
  readonly contextManager: {
    with<A extends (...args: never[]) => unknown>(context: Context, fn: A): ReturnType<A>;
    active(): Context;
    root(): Context;
    getMetadata(context: Context): string;
    fromMetadata(active: Context, metadata: string): Context;
  };
}

/**
 * Creates an adapter for BullMQ's own `telemetry` option, for queues and workers that Nest does not manage:
 * `new Worker('labels', print, { connection, telemetry: bullmqTelemetry(manager) })`.
 *
 * Adding a job creates a child span of the running flow. Each attempt begins a trace with a link to the
 * code that added the job, so that traces of repeated and retried jobs stay small. A worker's own commands
 * create no spans.
 *
 * @see {@link https://docs.bullmq.io/guide/telemetry | BullMQ, telemetry}
 */
export function bullmqTelemetry(
  manager: TracerManager,
  { relation = 'link' }: BullmqTelemetryOptions = {},
): BullmqTelemetry {
  return {
    tracer: {
      startSpan: (name, options, context) => {
        const kind = options?.kind ?? SpanKind.INTERNAL;
        return new JobSpan(start(manager, relation, name, kind, context));
      },
    },
    contextManager: {
      with: (context, fn) => runInContext(FlowContext.from(context), fn) as ReturnType<typeof fn>,
      active: activeContext,
      root: () => EMPTY_CONTEXT,
      getMetadata: (context) =>
        runInContext(FlowContext.from(context), () => JSON.stringify(manager.inject({}))),
      fromMetadata: (_active, metadata) =>
        runInContext(EMPTY_CONTEXT, () => manager.extract({ ...headersOfText(metadata) })),
    },
  };
}

function start(
  manager: TracerManager,
  relation: MessageRelation,
  name: string,
  kind: SpanKind,
  sender: Context | undefined,
): Span {
  const attributes = { [C.system]: 'bullmq' };
  // Locks, stalled jobs and waiting for the next job are not work of the app.
  if (kind !== SpanKind.CONSUMER)
    return activeContext().span === undefined && kind === SpanKind.INTERNAL
      ? NO_SPAN
      : manager.startSpan(name, { kind, attributes });
  const remote = sender && trace.getSpanContext(sender);
  const linked = relation === 'link' && remote !== undefined;
  return manager.startSpan(name, {
    kind,
    attributes,
    root: relation === 'link',
    parent: sender ?? EMPTY_CONTEXT,
    ...(linked ? { links: [{ context: remote }] } : {}),
  });
}

class JobSpan implements BullmqSpan {
  constructor(private readonly span: Span) {}

  setSpanOnContext(context: Context): Context {
    return activating(this.span, FlowContext.from(context));
  }

  setAttribute(key: string, value: Attributes[string]): void {
    if (value !== undefined) this.span.setAttribute(key, value);
  }

  setAttributes(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  addEvent(name: string, attributes?: Attributes): void {
    this.span.addEvent(name, attributes);
  }

  recordException(error: unknown): void {
    recordError(this.span, error);
  }

  end(): void {
    this.span.end();
  }
}
