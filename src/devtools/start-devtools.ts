import type { DevtoolsOptions } from './devtools-options.js';
import { OtlpReceiver } from './receive/receiver.js';
import { Recorder } from './recorder.js';
import { DevtoolsServer } from './server/devtools-server.js';

/** Where a {@link startDevtools} shows traces, and where it receives them. */
export interface StandaloneDevtoolsOptions extends DevtoolsOptions {
  /** Port of OTLP over gRPC; default 4317, 0 for any free port. */
  readonly grpcPort?: number;
  /** Port of OTLP over HTTP; default 4318, 0 for any free port. */
  readonly httpPort?: number;
}

/** Devtools that receives OTLP of other processes. */
export interface StandaloneDevtools {
  /** The address to open in a browser; it includes the token. */
  readonly url: string;
  /** Port of OTLP over gRPC. */
  readonly grpcPort: number;
  /** Port of OTLP over HTTP. */
  readonly httpPort: number;
  /** Closes the page and the receivers, and forgets every trace. */
  close(): Promise<void>;
}

/**
 * Shows the traces of any service that sends OTLP, as `npx nestjs-telemetry dev` does; an app with
 * `devtools: true` needs none of it.
 *
 * @throws TelemetryError `TELEMETRY_DEVTOOLS_UNAVAILABLE` where a port is taken
 */
export async function startDevtools(options: StandaloneDevtoolsOptions = {}): Promise<StandaloneDevtools> {
  const { grpcPort, httpPort, ...shown } = options;
  const recorder = new Recorder(shown);
  const receiver = await OtlpReceiver.start(recorder, {
    host: shown.host ?? '127.0.0.1',
    ...(grpcPort === undefined ? {} : { grpcPort }),
    ...(httpPort === undefined ? {} : { httpPort }),
  });
  try {
    const server = await DevtoolsServer.start(recorder, shown);
    return {
      url: server.url,
      grpcPort: receiver.grpcPort,
      httpPort: receiver.httpPort,
      close: async () => {
        await Promise.all([server.close(), receiver.close()]);
        recorder.clear();
      },
    };
  } catch (error) {
    await receiver.close();
    throw error;
  }
}
