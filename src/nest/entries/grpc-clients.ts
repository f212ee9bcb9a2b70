import { CONVENTIONS as C, grpcCode } from '../../entries/conventions.js';
import { OutgoingMessage } from '../../entries/outgoing-message.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import { addressOf, type BrokerOptions } from './broker-address.js';
import type { EntryHost } from './entry-host.js';

/** The messages of grpc-js for calls that the client itself has cancelled. */
const CANCELLED_HERE = 'Cancelled on client';

/** The final status of a call. */
interface Status {
  readonly code?: number;
  readonly details?: string;
}

/** The options in which grpc-js describes a new call. */
interface CallProperties {
  metadata: { clone(): CallProperties['metadata']; set(key: string, value: string): void };
  call: { on(event: string, listener: (status: Status) => void): unknown };
  readonly methodDefinition: { readonly path: string };
  callback?: (error: unknown, ...rest: unknown[]) => unknown;
}

type Transform = (properties: CallProperties) => CallProperties;

interface GrpcOptions extends BrokerOptions {
  readonly channelOptions?: { readonly callInvocationTransformer?: Transform };
}

/**
 * Traces the calls of a Nest gRPC client. Its stubs get a `callInvocationTransformer`, which grpc-js runs
 * before each call: a cold Observable gets a span per subscription, and plain stubs are traced, too.
 */
export function watchGrpcClient(
  client: { readonly options?: BrokerOptions },
  host: EntryHost,
  nearest: TelemetryInstance | undefined,
): void {
  const transform: Transform = (properties) => {
    if (!host.active) return properties;
    const message = begin(client, host, nearest, properties);
    return message === undefined ? properties : traced(message, properties);
  };
  host.patches.replace(client, 'createClientByServiceName', (create) => (...args) => {
    const options = (client.options ?? {}) as GrpcOptions;
    const { channelOptions = {} } = options;
    const { callInvocationTransformer: own } = channelOptions;
    const both: Transform = own === undefined ? transform : (properties) => own(transform(properties));
    const changed = { ...options, channelOptions: { ...channelOptions, callInvocationTransformer: both } };
    return create.apply(Object.create(client, { options: { value: changed } }), args);
  });
}

function begin(
  client: { readonly options?: BrokerOptions },
  entryHost: EntryHost,
  nearest: TelemetryInstance | undefined,
  { methodDefinition }: CallProperties,
): OutgoingMessage | undefined {
  const instance = entryHost.instanceOfFlow(nearest ?? entryHost.fallback);
  const pattern = methodDefinition.path.replace(/^\//, '');
  const { host, port } = addressOf(client);
  return OutgoingMessage.begin(instance, 'microservices', {
    system: 'grpc',
    pattern,
    awaited: true,
    host: port === undefined ? host : `${host}:${port}`,
    attributes: {
      [C.rpcSystem]: 'grpc',
      [C.rpcMethod]: pattern,
      [C.serverAddress]: host,
      ...(port === undefined ? {} : { [C.serverPort]: port }),
    },
  });
}

function traced(message: OutgoingMessage, properties: CallProperties): CallProperties {
  const metadata = properties.metadata.clone();
  for (const [key, value] of Object.entries(message.headers)) metadata.set(key, value);
  const { callback, call } = properties;
  if (callback === undefined) {
    call.on('status', (status) => {
      end(message, status);
    });
    return { ...properties, metadata };
  }
  return {
    ...properties,
    metadata,
    callback: (error, ...rest) => {
      end(message, error as Status | null);
      return callback(error, ...rest);
    },
  };
}

/**
 * Ends a message with the outcome of its call.
 *
 * @param status - an error of grpc-js, or the final status of its stream
 */
function end(message: OutgoingMessage, status: Status | null): void {
  const code = grpcCode(status?.code ?? 0) ?? 'UNKNOWN';
  message.answered(code);
  if (status === null || code === 'OK') message.end();
  else if (status.details === CANCELLED_HERE) message.endCancelled();
  else {
    // A stream only reports its status; its error goes to the app's own listener.
    const error = { name: 'Error', message: `${String(status.code)} ${code}: ${String(status.details)}` };
    message.fail(status instanceof Error ? status : error, code);
    message.end();
  }
}
