import { GRPC_STATUS_NAMES } from '../base/grpc-status.js';

/**
 * Attribute names of the semantic conventions for remote calls and messaging, version 1.45. Both are still
 * in development; only this table follows their changes.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/rpc/ | RPC}
 * @see {@link https://opentelemetry.io/docs/specs/semconv/messaging/ | Messaging}
 */
export const CONVENTIONS = {
  functionName: 'code.function.name',
  errorType: 'error.type',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  rpcSystem: 'rpc.system.name',
  rpcMethod: 'rpc.method',
  rpcMethodOriginal: 'rpc.method_original',
  rpcStatusCode: 'rpc.response.status_code',
  system: 'messaging.system',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  group: 'messaging.consumer.group.name',
  messageId: 'messaging.message.id',
  conversationId: 'messaging.message.conversation_id',
  batchCount: 'messaging.batch.message_count',
  kafkaOffset: 'messaging.kafka.offset',
  kafkaKey: 'messaging.kafka.message.key',
  routingKey: 'messaging.rabbitmq.destination.routing_key',
  deliveryTag: 'messaging.rabbitmq.message.delivery_tag',
  serverCallDuration: 'rpc.server.call.duration',
  clientCallDuration: 'rpc.client.call.duration',
  clientOperationDuration: 'messaging.client.operation.duration',
  processDuration: 'messaging.process.duration',
  sentMessages: 'messaging.client.sent.messages',
  consumedMessages: 'messaging.client.consumed.messages',
} as const;

/** The name for methods that the server does not know, so that callers cannot make up span names. */
export const OTHER_METHOD = '_OTHER';

/** The conventions' names of Nest's transports. */
const SYSTEMS: Readonly<Record<string, string>> = {
  TCP: 'tcp',
  REDIS: 'redis',
  NATS: 'nats',
  MQTT: 'mqtt',
  RMQ: 'rabbitmq',
  KAFKA: 'kafka',
  GRPC: 'grpc',
};

/** The names of transports, by their numbers in Nest's `Transport`. */
const TRANSPORTS = ['TCP', 'REDIS', 'NATS', 'MQTT', 'GRPC', 'RMQ', 'KAFKA'] as const;

/** Returns the system of a Nest transport id; `custom` for strategies of the app. */
export function systemOf(transportId: unknown): string {
  const name = typeof transportId === 'number' ? TRANSPORTS[transportId] : undefined;
  return (name && SYSTEMS[name]) ?? 'custom';
}

/** Returns the system of a Nest client, by the name of its class. */
export function systemOfClient(className: string): string {
  const name = /^Client(TCP|Redis|Nats|Mqtt|RMQ|Kafka|Grpc)/.exec(className)?.[1];
  return (name && SYSTEMS[name.toUpperCase()]) ?? 'custom';
}

/** Returns the name of a gRPC status code. */
export function grpcCode(code: unknown): string | undefined {
  return typeof code === 'number' ? GRPC_STATUS_NAMES[code] : undefined;
}

/**
 * The gRPC codes for faults of the server. The others are the caller's faults, and do not set a server
 * span's status.
 */
const GRPC_SERVER_FAULTS: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

export function isGrpcServerFault(code: string): boolean {
  return GRPC_SERVER_FAULTS.has(code);
}
