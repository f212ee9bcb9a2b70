import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TelemetryConfigError } from '../../errors.js';
import { runAsExport } from '../../context/export-context.js';
import { EXPOSITION_TYPE } from './exposition.js';
import type { PrometheusReaderConfig } from '../options/metrics-options.js';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PATH = '/metrics';

/** Serves scrape pages on a separate port, outside of the app. It does not keep the process alive. */
export class ScrapeServer {
  private constructor(private readonly server: Server) {}

  /** Returns the key of a server; readers with equal keys share it. */
  static keyOf({ host = DEFAULT_HOST, port }: PrometheusReaderConfig): string {
    return `${host} ${String(port)}`;
  }

  /** Returns the path of a page on its server. */
  static pathOf({ path = DEFAULT_PATH }: PrometheusReaderConfig): string {
    return path.startsWith('/') ? path : `/${path}`;
  }

  /**
   * Opens a port that serves pages to Prometheus.
   *
   * @param page - returns the content of a path at each scrape; `undefined` if there is no page
   * @throws TelemetryConfigError `TELEMETRY_EXPORTER_UNBUILDABLE` if the port cannot be opened
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
