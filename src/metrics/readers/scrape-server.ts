import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TelemetryConfigError } from '../../errors.js';
import { runAsExport } from '../../context/export-context.js';
import { EXPOSITION_TYPE } from './exposition.js';
import type { PrometheusReaderConfig } from '../options/metrics-options.js';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PATH = '/metrics';

/** Serves scrape pages on a port of their own, outside of the app. It keeps no process alive. */
export class ScrapeServer {
  private constructor(private readonly server: Server) {}

  /** Servers of the same key are the same. */
  static keyOf({ host = DEFAULT_HOST, port }: PrometheusReaderConfig): string {
    return `${host} ${String(port)}`;
  }

  /** Path of a page on its server. */
  static pathOf({ path = DEFAULT_PATH }: PrometheusReaderConfig): string {
    return path.startsWith('/') ? path : `/${path}`;
  }

  /**
   * @param page - what to serve on a path, asked for at each scrape; nothing where there is no page
   * @throws TelemetryConfigError `TELEMETRY_EXPORTER_UNBUILDABLE` if the port cannot be had
   */
  static async open(
    { host = DEFAULT_HOST, port = 0 }: PrometheusReaderConfig,
    page: (path: string) => Promise<string | undefined>,
  ): Promise<ScrapeServer> {
    const server = runAsExport(() =>
      createServer((request, response) => {
        const { url = '', method = '' } = request;
        const [path = ''] = url.split('?', 1);
        const asked = method === 'GET' || method === 'HEAD' ? page(path) : Promise.resolve(undefined);
        asked.then(
          (text) => {
            if (text === undefined) response.writeHead(404).end();
            else response.writeHead(200, { 'content-type': EXPOSITION_TYPE }).end(text);
          },
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
    return new ScrapeServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
