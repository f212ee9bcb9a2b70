import type { DevtoolsOptions } from './devtools-options.js';
import { OtlpReceiver } from './receive/receiver.js';
import { Recorder } from './recorder.js';
import { DevtoolsServer } from './server/devtools-server.js';

/** Options of {@link startDevtools}: the page's, and the ports that receive traces. */
export interface StandaloneDevtoolsOptions extends DevtoolsOptions {
  /** The port for OTLP over gRPC; default 4317, 0 for any free port. */
  readonly grpcPort?: number;
  /** The port for OTLP over HTTP; default 4318, 0 for any free port. */
  readonly httpPort?: number;
}

/** A running devtools server that receives OTLP from other processes. */
export interface StandaloneDevtools {
  /** The address to open in a browser, with the token. */
  readonly url: string;
  /** The port for OTLP over gRPC. */
  readonly grpcPort: number;
  /** The port for OTLP over HTTP. */
  readonly httpPort: number;
  /** Closes the page and the receivers, and deletes all traces. */
  close(): Promise<void>;
}

/**
 * Shows the traces of any service that sends OTLP, as `npx nestjs-telemetry dev` does. An app with
 * `devtools: true` does not need it.
 *
 * @throws TelemetryError `TELEMETRY_DEVTOOLS_UNAVAILABLE` if a port is taken
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
