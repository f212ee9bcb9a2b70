import type { Attributes } from '@opentelemetry/api';
import { runInContext } from '../../context/flow-context.js';
import { CONVENTIONS as C } from '../../entries/conventions.js';
import { OutgoingMessage } from '../../entries/outgoing-message.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import { addressOf, type BrokerOptions } from './broker-address.js';
import type { EntryHost } from './entry-host.js';
import { nestInstances } from './nest-instances.js';
import { quietly } from './quietly.js';

const SYSTEM = 'bullmq';

/** The options of a job, which carry its trace context. */
export interface JobOptions {
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

/** The members of a queue or a flow producer that the library uses. */
interface Producer {
  readonly name?: unknown;
  readonly opts?: { readonly connection?: BrokerOptions; readonly telemetry?: unknown };
}

/**
 * Traces the jobs that queues and flow producers add. Producers with their own `telemetry` are left alone.
 */
export class BullmqProducers {
  private readonly watched = new WeakSet<object>();

  constructor(private readonly host: EntryHost) {}

  watch(): void {
    for (const { instance, type } of nestInstances(this.host.modules)) {
      if (isProducer(instance)) this.watchOne(instance, this.host.fallback);
      for (const { value } of Object.values(Object.getOwnPropertyDescriptors(instance))) {
        if (isProducer(value)) this.watchOne(value, this.host.instanceOf(type));
      }
    }
  }

  private watchOne(producer: Producer, nearest: TelemetryInstance | undefined): void {
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
