import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TelemetryConfigError } from '../errors.js';
import { runAsExport } from '../pipeline/queue/export-context.js';
import { EXPOSITION_TYPE } from './exposition.js';
import type { PrometheusReaderConfig } from './metrics-options.js';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PATH = '/metrics';

/** Serves the scrape page on a port of its own, outside of the app. It keeps no process alive. */
export class ScrapeServer {
  private constructor(
    readonly key: string,
    private readonly server: Server,
  ) {}

  /** Servers of the same key are the same. */
  static keyOf(config: PrometheusReaderConfig): string {
    const { host = DEFAULT_HOST, port } = config;
    return `${host} ${String(port)} ${pathOf(config)}`;
  }

  /**
   * @param page - what to serve, asked for at each scrape
   * @throws TelemetryConfigError `TELEMETRY_EXPORTER_UNBUILDABLE` if the port cannot be had
   */
  static async open(config: PrometheusReaderConfig, page: () => Promise<string>): Promise<ScrapeServer> {
    const { host = DEFAULT_HOST, port = 0 } = config;
    const path = pathOf(config);
    const server = runAsExport(() =>
      createServer((request, response) => {
        const [asked] = (request.url ?? '').split('?', 1);
        if (asked !== path || (request.method !== 'GET' && request.method !== 'HEAD')) {
          response.writeHead(404).end();
          return;
        }
        page().then(
          (text) => response.writeHead(200, { 'content-type': EXPOSITION_TYPE }).end(text),
          () => response.writeHead(503).end(),
        );
      }).unref(),
    );
    try {
      server.listen(port, host);
      await once(server, 'listening');
    } catch (cause) {
      throw new TelemetryConfigError({
        code: 'TELEMETRY_EXPORTER_UNBUILDABLE',
        path: 'metrics.readers.port',
        expected: 'a port that is free',
        got: port,
        remedy: 'Take another port, or serve the page on the app with `TelemetryMetricsModule`.',
        cause,
      });
    }
    return new ScrapeServer(ScrapeServer.keyOf(config), server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

function pathOf({ path = DEFAULT_PATH }: PrometheusReaderConfig): string {
  return path.startsWith('/') ? path : `/${path}`;
}
