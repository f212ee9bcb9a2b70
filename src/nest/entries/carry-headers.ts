import { ENVELOPE } from '../../entries/entry-carrier.js';
import { OutgoingMessage } from '../../entries/outgoing-message.js';
import type { BrokerOptions } from './broker-address.js';
import type { Patches } from './patches.js';

/** The members of Nest's clients that the library uses; an app's own client may lack any of them. */
export interface ClientProxyLike {
  readonly routingMap?: unknown;
  readonly options?: BrokerOptions;
  readonly serializer?: object;
  readonly queue?: unknown;
  normalizePattern?(pattern: unknown): string;
}

/** Headers of packets that wait to be sent, and of the last serialised one. */
export interface Outbox {
  serialized: Readonly<Record<string, string>> | undefined;
  readonly packets: WeakMap<object, Readonly<Record<string, string>>>;
}

type Headers = Readonly<Record<string, string>>;
type Serialize = (packet: unknown, options?: unknown) => unknown;

/** NATS headers, as the NATS library defines them. */
interface NatsHeaders extends Iterable<readonly [string, readonly string[]]> {
  set(key: string, value: string): void;
  append(key: string, value: string): void;
}

/**
 * Adds trace context to the messages of a client: as headers if the transport has them, else as a field
 * next to pattern and data. The app's objects are copied, never changed.
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
 * Returns a packet's headers. MQTT sends a request only after it has subscribed to the response, so the
 * packet itself must identify them.
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

/**
 * Adds headers to the packet of a transport without headers. A user's serializer may produce anything; only
 * Nest's packets can carry more fields.
 */
function inEnvelope(packet: unknown, headers: Headers): unknown {
  if (!isPlain(packet) || !('pattern' in packet)) return packet;
  return { ...packet, [ENVELOPE]: headers };
}

function withHeaders(message: unknown, headers: Headers): unknown {
  if (!isPlain(message)) return message;
  return { ...message, headers: { ...(message.headers as object | undefined), ...headers } };
}

/**
 * Creates NATS headers. Only the NATS library can, and only Nest has loaded it, so they come from the
 * client's own options.
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
