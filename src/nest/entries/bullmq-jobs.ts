import { SpanKind, type Attributes } from '@opentelemetry/api';
import { applyInEntry, entryOf } from '../../context/entry.js';
import { CONVENTIONS as C } from '../../entries/conventions.js';
import { headersOfText } from '../../entries/entry-carrier.js';
import type { EntryOutcome, Failure } from '../../entries/entry-facts.js';
import { EntryTrace } from '../../entries/entry-trace.js';
import { isUntracedHandler } from '../metadata/untraced-handlers.js';
import type { Method } from '../like-method.js';
import type { JobOptions } from './bullmq-producers.js';
import type { EntryHost } from './entry-host.js';
import { markedMethods, wrapEntryMethods, type EntryMethod } from './nest-instances.js';

/** The metadata key of `@Processor`. */
const PROCESSOR = 'bullmq:processor_metadata';
/** The metadata key of `@OnWorkerEvent`. Most worker events pass their job to the listener. */
const WORKER_EVENT = 'bullmq:worker_events_metadata';
const SYSTEM = 'bullmq';

/** Names of the errors with which a processor postpones its job; BullMQ does not count them as failures. */
const POSTPONING = new Set(['DelayedError', 'RateLimitError', 'WaitingChildrenError', 'WaitingError']);

/** The members of a job that the library reads. */
interface Job {
  readonly id?: unknown;
  readonly name?: unknown;
  readonly queueName?: unknown;
  readonly opts?: JobOptions & { readonly repeat?: unknown; readonly delay?: unknown };
  readonly attemptsMade?: unknown;
  readonly timestamp?: unknown;
  readonly processedOn?: unknown;
  readonly repeatJobKey?: unknown;
}

/**
 * Traces each attempt to process a BullMQ job. Trace context travels in the job's options, in the field of
 * BullMQ's own telemetry, never in the data. Workers with their own `telemetry` are left alone.
 */
export class BullmqJobs {
  constructor(private readonly host: EntryHost) {}

  watch(): void {
    wrapEntryMethods(
      this.host.modules,
      this.host.patches,
      (type) => (Reflect.hasMetadata(PROCESSOR, type) ? ['process'] : []),
      (entry) => this.processing(entry),
    );
    wrapEntryMethods(
      this.host.modules,
      this.host.patches,
      (type) => markedMethods(type, WORKER_EVENT),
      ({ method }) =>
        function (...args) {
          const entry = entryOf(args[0]);
          return entry === undefined ? method.apply(this, args) : applyInEntry(entry, method, this, args);
        },
    );
  }

  private processing({ type, name, method }: EntryMethod): Method {
    const { host } = this;
    const handler = `${type.name}.${name}`;
    const untraced = isUntracedHandler(type, method);
    return function (...args) {
      const [job] = args as [Job | undefined];
      if (!host.active || job === undefined || ownTelemetry(this)) return method.apply(this, args);
      const queue = String(job.queueName);
      const repeats = job.repeatJobKey !== undefined || job.opts?.repeat !== undefined;
      const entry = EntryTrace.begin(host.instanceOf(type), {
        kind: 'queues',
        name: `process ${queue}`,
        spanKind: SpanKind.CONSUMER,
        pattern: queue,
        handler,
        attributes: { [C.functionName]: handler, ...jobAttributes(job, queue) },
        args,
        thing: job,
        headers: headersOfText(job.opts?.telemetry?.metadata),
        untraced,
        outcome: jobOutcome,
        // Repeated jobs never end, so they are linked: a shared trace would never end either.
        ...(repeats ? { relation: 'link' as const } : {}),
        metric: {
          name: C.processDuration,
          attributes: { [C.system]: SYSTEM, [C.destination]: queue, [C.operationName]: 'process' },
          count: C.consumedMessages,
          // Later attempts wait for their backoff, which is not queueing time.
          waitedMillis: job.attemptsMade === 0 ? waitOf(job) : undefined,
        },
      });
      return entry === undefined ? method.apply(this, args) : entry.run(() => method.apply(this, args));
    };
  }
}

/**
 * Whether a processor has its own telemetry. The getter of `WorkerHost` throws before its worker exists.
 */
function ownTelemetry(processor: unknown): boolean {
  try {
    const { worker } = Object(processor) as { worker?: { opts?: { telemetry?: unknown } } };
    return worker?.opts?.telemetry !== undefined;
  } catch {
    return false;
  }
}

function jobOutcome(failure: Failure | undefined): EntryOutcome {
  const { name } = Object(failure?.error) as { name?: unknown };
  if (typeof name !== 'string' || !POSTPONING.has(name)) return { attributes: {} };
  return { attributes: { 'nestjs.job.postponed': true }, failed: false };
}

function jobAttributes(job: Job, queue: string): Attributes {
  const { id, name, attemptsMade } = job;
  const attributes: Attributes = {
    [C.system]: SYSTEM,
    [C.operationName]: 'process',
    [C.operationType]: 'process',
    [C.destination]: queue,
    'nestjs.job.name': String(name),
  };
  if (typeof id === 'string') attributes[C.messageId] = id;
  if (typeof attemptsMade === 'number') attributes['nestjs.job.attempt'] = attemptsMade + 1;
  const delay = delayOf(job.opts);
  if (delay > 0) attributes['nestjs.job.delay_millis'] = delay;
  const wait = waitOf(job);
  if (wait !== undefined) attributes['nestjs.job.wait_millis'] = wait;
  return attributes;
}

/** Returns how long the job was due before this attempt, in milliseconds. */
function waitOf({ timestamp, processedOn, opts }: Job): number | undefined {
  if (typeof timestamp !== 'number' || typeof processedOn !== 'number') return undefined;
  return Math.max(0, processedOn - timestamp - delayOf(opts));
}

function delayOf(opts: JobOptions | undefined): number {
  return typeof opts?.delay === 'number' ? opts.delay : 0;
}
