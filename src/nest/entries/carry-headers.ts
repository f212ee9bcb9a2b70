import { ENVELOPE } from '../../entries/entry-carrier.js';
import { OutgoingMessage } from '../../entries/outgoing-message.js';
import type { BrokerOptions } from './broker-address.js';
import type { Patches } from './patches.js';

/** The parts used of Nest's clients; an app's own client may lack each of them. */
export interface ClientProxyLike {
  readonly routingMap?: unknown;
  readonly options?: BrokerOptions;
  readonly serializer?: object;
  readonly queue?: unknown;
  normalizePattern?(pattern: unknown): string;
}

/** The headers of packets that wait for their turn, and of the one that was serialised last. */
export interface Outbox {
  serialized: Readonly<Record<string, string>> | undefined;
  readonly packets: WeakMap<object, Readonly<Record<string, string>>>;
}

type Headers = Readonly<Record<string, string>>;
type Serialize = (packet: unknown, options?: unknown) => unknown;

/** The headers of NATS, as its library makes them. */
interface NatsHeaders extends Iterable<readonly [string, readonly string[]]> {
  set(key: string, value: string): void;
  append(key: string, value: string): void;
}

/**
 * Lets the messages of a client carry trace context: in the transport's own headers, or beside pattern and
 * data where a transport has none. What the app handed over is copied, never changed.
 */
export function carryHeaders(
  client: ClientProxyLike,
  system: string,
  outbox: Outbox,
  patches: Patches,
): void {
  const { serializer } = client;
  const usesProperties = (): boolean => system === 'mqtt' && isMqtt5(client);
  if (typeof serializer === 'object') {
    const carrying = withSerializer(serializer, (serialize, packet, options) => {
      const headers = headersFor(outbox, packet);
      if (headers === undefined) return serialize(packet, options);
      if (system === 'mqtt')
        return serialize(usesProperties() ? packet : inEnvelope(packet, headers), options);
      const message = serialize(packet, options);
      if (system === 'kafka') {
        return message instanceof Promise
          ? message.then((value: unknown) => withHeaders(value, headers))
          : withHeaders(message, headers);
      }
      return system === 'tcp' || system === 'redis' ? inEnvelope(message, headers) : message;
    });
    patches.set(client, 'serializer', carrying);
  }
  if (system === 'rabbitmq') {
    patches.replace(client, 'mergeHeaders', (merge) => (...args) => {
      const merged = merge.apply(client, args);
      const headers = OutgoingMessage.current?.headers;
      return headers === undefined ? merged : { ...(merged as object | undefined), ...headers };
    });
  }
  if (system === 'nats') {
    patches.replace(client, 'mergeHeaders', (merge) => (given) => {
      const headers = OutgoingMessage.current?.headers;
      return headers === undefined ? merge.call(client, given) : natsHeaders(client, merge, given, headers);
    });
  }
  if (system === 'mqtt') {
    patches.replace(client, 'mergePacketOptions', (merge) => (...args) => {
      const merged = merge.apply(client, args) as { properties?: { userProperties?: object } } | undefined;
      const headers = outbox.serialized;
      outbox.serialized = undefined;
      if (headers === undefined || !usesProperties()) return merged;
      const userProperties = { ...merged?.properties?.userProperties, ...headers };
      return { ...merged, properties: { ...merged?.properties, userProperties } };
    });
  }
}

/**
 * MQTT sends requests when it is subscribed to their answers: by then the packet alone tells whose they are.
 */
function headersFor(outbox: Outbox, packet: unknown): Headers | undefined {
  const kept = typeof packet === 'object' && packet !== null ? outbox.packets.get(packet) : undefined;
  return (outbox.serialized = kept ?? OutgoingMessage.current?.headers);
}

function withSerializer(
  serializer: object,
  carry: (serialize: Serialize, packet: unknown, options: unknown) => unknown,
): object {
  const { serialize } = serializer as { serialize?: Serialize };
  if (typeof serialize !== 'function') return serializer;
  const bound: Serialize = (packet, options) => serialize.call(serializer, packet, options);
  const carrying = Object.create(serializer) as { serialize: Serialize };
  carrying.serialize = (packet, options) => carry(bound, packet, options);
  return carrying;
}

/** Serializers of the app may make anything; only packets as Nest makes them can carry more. */
function inEnvelope(packet: unknown, headers: Headers): unknown {
  if (!isPlain(packet) || !('pattern' in packet)) return packet;
  return { ...packet, [ENVELOPE]: headers };
}

function withHeaders(message: unknown, headers: Headers): unknown {
  if (!isPlain(message)) return message;
  return { ...message, headers: { ...(message.headers as object | undefined), ...headers } };
}

/**
 * The library alone can make headers, and Nest has it: they are made by asking for the headers
 * of the client's options.
 */
function natsHeaders(
  client: ClientProxyLike,
  merge: (...args: unknown[]) => unknown,
  given: unknown,
  headers: Headers,
): unknown {
  const { options } = client;
  const ours = { headers: { ...(options as { headers?: object } | undefined)?.headers, ...headers } };
  const asking = Object.create(client, { options: { value: { ...options, ...ours } } }) as object;
  const made = merge.call(asking, undefined) as NatsHeaders;
  for (const [key, values] of (given ?? []) as NatsHeaders) {
    if (Object.hasOwn(headers, key)) continue;
    const [first = '', ...more] = values;
    made.set(key, first);
    for (const value of more) made.append(key, value);
  }
  return made;
}

function isMqtt5(client: object): boolean {
  const { mqttClient } = client as { mqttClient?: { options?: { protocolVersion?: unknown } } };
  return mqttClient?.options?.protocolVersion === 5;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
