import type { Attributes } from '@opentelemetry/api';
import { activeContext, Flow, FlowContext, type Entry } from '../../context/flow-context.js';
import { CONVENTIONS as C } from '../../entries/conventions.js';
import { ENVELOPE, headersOf, type MessageHeaders } from '../../entries/entry-carrier.js';
import type { EntryTrace } from '../../entries/entry-trace.js';
import { epochMillis, monotonicMillis } from '../../tracing/clock.js';

/** A broker's description of a message. Each part is optional, since it comes from other code. */
interface Delivery {
  readonly headers?: unknown;
  readonly properties?: {
    readonly headers?: unknown;
    readonly messageId?: unknown;
    readonly userProperties?: unknown;
  };
  readonly fields?: {
    readonly routingKey?: unknown;
    readonly deliveryTag?: unknown;
    readonly redelivered?: unknown;
  };
  readonly topic?: unknown;
  readonly partition?: unknown;
  readonly message?: { readonly offset?: unknown; readonly key?: unknown };
  readonly subject?: unknown;
}

/**
 * Describes a message's origin for one transport. @param args - the arguments of the server's
 * `handleMessage`
 */
type Describe = (args: readonly unknown[], server: ServerFields) => Attributes;

/** The fields of Nest's servers that describe their broker. */
export interface ServerFields {
  readonly queue?: unknown;
  readonly groupId?: unknown;
}

const DESCRIBE: Readonly<Record<string, Describe>> = {
  redis: ([channel, , , pattern]) => present({ [C.destination]: pattern ?? channel }),
  nats: ([channel, message]) => present({ [C.destination]: (message as Delivery).subject ?? channel }),
  mqtt: ([topic]) => present({ [C.destination]: topic }),
  rabbitmq([message], { queue }) {
    const { fields = {}, properties = {} } = message as Delivery;
    const count = (properties.headers as Record<string, unknown> | undefined)?.['x-delivery-count'];
    return present({
      [C.destination]: queue,
      [C.routingKey]: fields.routingKey,
      [C.deliveryTag]: fields.deliveryTag,
      [C.messageId]: properties.messageId,
      'nestjs.message.redelivered': fields.redelivered === true ? true : undefined,
      'nestjs.message.delivery_count': typeof count === 'number' ? count + 1 : undefined,
    });
  },
  kafka([payload], { groupId }) {
    const { topic, partition, message } = payload as Delivery;
    const offset = Number(message?.offset);
    return present({
      [C.destination]: topic,
      [C.partition]: typeof partition === 'number' ? String(partition) : undefined,
      [C.group]: groupId,
      [C.kafkaOffset]: Number.isSafeInteger(offset) ? offset : undefined,
      [C.kafkaKey]: keyText(message?.key),
    });
  },
};

const arrivalOfEvent = new WeakMap<Entry, MessageArrival>();

/**
 * A received message whose handler is not known yet. It collects the message's origin and headers, and is
 * found again when the response is sent.
 */
export class MessageArrival implements Entry {
  readonly kind = 'microservices';
  readonly excluded = false;
  readonly context: FlowContext;
  readonly startTime = epochMillis(monotonicMillis());
  headers: MessageHeaders | undefined;
  pattern: string | undefined;
  /** Whether the sender waits for a response. */
  awaited = false;
  handled = false;
  entry: EntryTrace | undefined;
  /** Whether the server has begun to respond. */
  answering = false;

  constructor(
    readonly system: string,
    private readonly args: readonly unknown[],
  ) {
    this.context = new FlowContext(undefined, new Flow(this, undefined, undefined, undefined));
  }

  /**
   * Returns the arrival that the running code handles. Nest calls further handlers of an event inside the
   * first one.
   */
  static get current(): MessageArrival | undefined {
    const entry = activeContext().flow?.entry;
    if (entry instanceof MessageArrival) return entry;
    return entry && arrivalOfEvent.get(entry);
  }

  get subject(): unknown {
    return this.args[0];
  }

  /** Called before the server reads the packet. */
  received(packet: unknown, options: unknown): void {
    this.headers = this.readHeaders(packet, options);
  }

  fail(error: unknown): void {
    this.entry?.fail(error);
  }

  /** Called with the entry of a request, which lasts until its response is sent, after its handler. */
  begun(entry: EntryTrace | undefined): void {
    this.handled = true;
    if (entry !== undefined && !this.awaited) arrivalOfEvent.set(entry, this);
    if (this.entry !== undefined) return;
    this.entry = entry;
    if (this.awaited) entry?.hold();
  }

  /** Called when the server is done with the message and sends no further response. */
  settled(): void {
    if (this.awaited && !this.answering) this.entry?.release();
    this.awaited = false;
  }

  describe(server: ServerFields): Attributes {
    try {
      return DESCRIBE[this.system]?.(this.args, server) ?? {};
    } catch {
      return {};
    }
  }

  private readHeaders(packet: unknown, options: unknown): MessageHeaders | undefined {
    switch (this.system) {
      case 'kafka':
      case 'nats':
        return headersOf((packet as Delivery | null)?.headers);
      case 'rabbitmq':
        return headersOf((options as Delivery['properties'])?.headers);
      case 'mqtt': {
        const original = this.args[3] as Delivery | undefined;
        return headersOf(original?.properties?.userProperties) ?? envelope(packet);
      }
      default:
        return envelope(packet);
    }
  }
}

function envelope(packet: unknown): MessageHeaders | undefined {
  if (typeof packet !== 'object' || packet === null || !Object.hasOwn(packet, ENVELOPE)) return undefined;
  return headersOf((packet as Record<string, unknown>)[ENVELOPE]);
}

function present(values: Record<string, unknown>): Attributes {
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      attributes[key] = value;
  }
  return attributes;
}

function keyText(key: unknown): string | undefined {
  if (key instanceof Uint8Array) return Buffer.from(key).toString('utf8').slice(0, 256);
  return typeof key === 'string' ? key.slice(0, 256) : undefined;
}
