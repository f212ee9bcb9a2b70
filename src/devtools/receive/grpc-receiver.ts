import {
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { TelemetryError } from '../../errors.js';

/**
 * Starts a gRPC server with one method `Export` for each signal.
 *
 * @returns the server and its port
 * @throws TelemetryError `TELEMETRY_DEVTOOLS_UNAVAILABLE` if the port is taken
 */
export async function bindGrpc<Signal extends string>(
  services: Readonly<Record<Signal, string>>,
  take: (signal: Signal, request: Buffer) => void,
  { host, port, maxBytes }: { readonly host: string; readonly port: number; readonly maxBytes: number },
): Promise<[Server, number]> {
  const server = new Server({ 'grpc.max_receive_message_length': maxBytes });
  for (const [signal, service] of Object.entries(services) as [Signal, string][]) {
    server.addService(definitionOf(service), {
      Export: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        try {
          take(signal, call.request);
          callback(null, Buffer.alloc(0));
        } catch (error) {
          callback({ code: status.INVALID_ARGUMENT, details: (error as Error).message });
        }
      },
    });
  }
  return new Promise((resolve, reject) => {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve([server, bound]);
      else {
        reject(
          new TelemetryError(
            'TELEMETRY_DEVTOOLS_UNAVAILABLE',
            `OTLP over gRPC cannot be received on ${address}: ${error.message}. Pass another ` +
              '`--grpc-port`.',
            { cause: error },
          ),
        );
      }
    });
  });
}

function definitionOf(service: string): ServiceDefinition {
  const bytes = (value: Buffer): Buffer => value;
  return {
    Export: {
      path: `/${service}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  };
}
