import { SpanKind, type Attributes } from '@opentelemetry/api';
import { runInContext } from '../../context/flow-context.js';
import { CONVENTIONS as C } from '../../entries/conventions.js';
import { headersOfText } from '../../entries/entry-carrier.js';
import { EntryTrace } from '../../entries/entry-trace.js';
import { OutgoingMessage } from '../../entries/outgoing-message.js';
import { isUntracedHandler } from '../metadata/untraced-handlers.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import type { Method } from '../like-method.js';
import { addressOf, type BrokerOptions } from './broker-address.js';
import type { EntryHost } from './entry-host.js';
import { quietly } from './quietly.js';
import { nestInstances, wrapEntryMethods, type EntryMethod } from './nest-instances.js';

/** The metadata key of `@Processor`. */
const PROCESSOR = 'bullmq:processor_metadata';
const SYSTEM = 'bullmq';

interface JobOptions {
  readonly telemetry?: { readonly metadata?: string; readonly omitContext?: boolean };
  readonly [option: string]: unknown;
}

interface BulkJob {
  readonly opts?: JobOptions;
}

interface FlowNode {
  readonly queueName?: unknown;
  readonly opts?: JobOptions;
  readonly children?: readonly FlowNode[];
}

/** The members that are used of a queue or a flow producer. */
interface Producer {
  readonly name?: unknown;
  readonly opts?: { readonly connection?: BrokerOptions; readonly telemetry?: unknown };
}

/** The members that are used of a job. */
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
 * Traces BullMQ jobs: when they are added, and each attempt to process one. Trace context travels in the
 * job's options, in the field of BullMQ's own telemetry, never in the data. Queues and workers with their
 * own `telemetry` are left alone.
 */
export class BullmqJobs {
  private readonly watched = new WeakSet<object>();

  constructor(private readonly host: EntryHost) {}

  watch(): void {
    wrapEntryMethods(
      this.host.modules,
      this.host.patches,
      (type) => (Reflect.hasMetadata(PROCESSOR, type) ? ['process'] : []),
      (entry) => this.processing(entry),
    );
    this.watchProducers();
  }

  watchProducers(): void {
    for (const { instance, type } of nestInstances(this.host.modules)) {
      if (isProducer(instance)) this.watchProducer(instance, this.host.fallback);
      for (const { value } of Object.values(Object.getOwnPropertyDescriptors(instance))) {
        if (isProducer(value)) this.watchProducer(value, this.host.instanceOf(type));
      }
    }
  }

  private watchProducer(producer: Producer, nearest: TelemetryInstance | undefined): void {
    if (this.watched.has(producer) || producer.opts?.telemetry !== undefined) return;
    this.watched.add(producer);
    const { patches } = this.host;
    const instance = nearest ?? this.host.fallback;
    if (isFlowProducer(producer)) {
      patches.replace(
        producer,
        'add',
        (add) =>
          (flow, ...rest) =>
            this.adding(producer, instance, queueOf(flow), countNodes([flow as FlowNode]), (metadata) =>
              add.call(producer, nodeWith(flow as FlowNode, metadata), ...rest),
            ),
      );
      patches.replace(
        producer,
        'addBulk',
        (add) =>
          (flows, ...rest) =>
            this.adding(
              producer,
              instance,
              queueOf((flows as FlowNode[])[0]),
              countNodes(flows as FlowNode[]),
              (metadata) =>
                add.call(
                  producer,
                  (flows as FlowNode[]).map((flow) => nodeWith(flow, metadata)),
                  ...rest,
                ),
            ),
      );
      return;
    }
    const queue = String(producer.name);
    patches.replace(
      producer,
      'add',
      (add) =>
        (name, data, opts, ...rest) =>
          this.adding(producer, instance, queue, 1, (metadata) =>
            add.call(producer, name, data, optionsWith(opts as JobOptions | undefined, metadata), ...rest),
          ),
    );
    patches.replace(
      producer,
      'addBulk',
      (add) =>
        (jobs, ...rest) =>
          this.adding(producer, instance, queue, (jobs as BulkJob[]).length, (metadata) =>
            add.call(
              producer,
              (jobs as BulkJob[]).map((job) => ({ ...job, opts: optionsWith(job.opts, metadata) })),
              ...rest,
            ),
          ),
    );
    patches.replace(
      producer,
      'upsertJobScheduler',
      (upsert) =>
        (id, repeat, template, ...rest) =>
          this.adding(producer, instance, queue, 1, (metadata) => {
            const { opts, ...job } = Object(template) as BulkJob;
            return upsert.call(producer, id, repeat, { ...job, opts: optionsWith(opts, metadata) }, ...rest);
          }),
    );
  }

  private adding(
    producer: Producer,
    nearest: TelemetryInstance | undefined,
    queue: string,
    count: number,
    add: (metadata: string | undefined) => unknown,
  ): unknown {
    if (!this.host.active) return add(undefined);
    const { host, port } = addressOf({ options: producer.opts?.connection ?? {} });
    const attributes: Attributes = {
      [C.system]: SYSTEM,
      [C.operationName]: 'send',
      [C.operationType]: 'send',
      [C.destination]: queue,
      [C.serverAddress]: host,
    };
    if (port !== undefined) attributes[C.serverPort] = port;
    if (count > 1) attributes[C.batchCount] = count;
    const message = OutgoingMessage.begin(this.host.instanceOfFlow(nearest), 'queues', {
      system: SYSTEM,
      pattern: queue,
      awaited: false,
      host: port === undefined ? host : `${host}:${port}`,
      attributes,
      count,
    });
    if (message === undefined) return add(undefined);
    return runInContext(message.context, () =>
      message.during(() => quietly(() => add(JSON.stringify(message.headers)))),
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

function optionsWith(opts: JobOptions | undefined, metadata: string | undefined): JobOptions | undefined {
  if (metadata === undefined || opts?.telemetry?.omitContext === true) return opts;
  return { ...opts, telemetry: { metadata, ...opts?.telemetry } };
}

function nodeWith(node: FlowNode, metadata: string | undefined): FlowNode {
  if (metadata === undefined) return node;
  const children = node.children?.map((child) => nodeWith(child, metadata));
  const opts = optionsWith(node.opts, metadata);
  return {
    ...node,
    ...(opts === undefined ? {} : { opts }),
    ...(children === undefined ? {} : { children }),
  };
}

function countNodes(nodes: readonly FlowNode[]): number {
  return nodes.reduce((sum, { children = [] }) => sum + 1 + countNodes(children), 0);
}

function queueOf(flow: unknown): string {
  const { queueName } = Object(flow) as FlowNode;
  return typeof queueName === 'string' ? queueName : '_OTHER';
}

function isProducer(value: unknown): value is Producer {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { add, addBulk, upsertJobScheduler, opts, addNode } = value as Record<string, unknown>;
    const adds = typeof add === 'function' && typeof addBulk === 'function';
    const isQueue = typeof upsertJobScheduler === 'function' || typeof addNode === 'function';
    return adds && isQueue && typeof opts === 'object';
  } catch {
    return false;
  }
}

function isFlowProducer(producer: object): boolean {
  return typeof (producer as { addNode?: unknown }).addNode === 'function';
}
