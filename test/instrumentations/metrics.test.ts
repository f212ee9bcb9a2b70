import http from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { describe, expect, it } from 'vitest';
import { MeterManager, TelemetryModule } from '../../src/index.js';
import { MetricsReceiver, type ReceivedPoint } from '../metrics/support/metrics-receiver.js';
import { startEchoServer } from '../support/echo-server.js';
import { EXPRESS, FASTIFY } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';

function getWithNode(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.get(url, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
}

const CALLS = [
  ['undici', new UndiciInstrumentation(), async (url: string) => (await fetch(url)).text()],
  ['http', new HttpInstrumentation({ disableIncomingRequestInstrumentation: true }), getWithNode],
] as const;

describe.each([EXPRESS, FASTIFY])('on $name', (server) => {
  it.each(CALLS)(
    'what the %s instrumentation measures arrives with its instance',
    async (name, given, call) => {
      const remote = await startEchoServer();
      const receiver = await MetricsReceiver.start();
      @Controller()
      class ProxyController {
        @Get('proxied')
        async proxied(): Promise<string> {
          await call(`${remote.url}/stock`);
          return 'done';
        }
      }
      const app = await startApp({
        server,
        telemetry: false,
        controllers: [ProxyController],
        imports: [
          TelemetryModule.forRoot({
            service: { name: 'shop' },
            exporter: { type: 'none' },
            metrics: { readers: { type: 'otlp-http', url: receiver.httpUrl } },
            instrumentations: [given],
          }),
        ],
      });
      expect((await app.get('/proxied')).body).toBe('done');
      await app.app.get(MeterManager, { strict: false }).forceFlush();
      // The test's own client is measured as well.
      const points = (): ReceivedPoint[] =>
        receiver
          .latest('http.client.request.duration')
          .filter(({ attributes }) => attributes['server.port'] === remote.port);
      await receiver.waitUntil(() => points().length > 0);
      const [point] = points();
      expect([points().length, point?.count, point?.scope, point?.resource['service.name']]).toEqual([
        1,
        1,
        `@opentelemetry/instrumentation-${name}`,
        'shop',
      ]);
      expect(point?.attributes).toMatchObject({
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'server.address': '127.0.0.1',
      });
    },
  );
});
