import { Controller, Get, Inject, Param } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TelemetryModule, TracerManager, type TelemetryModuleOptions } from '../../../src/index.js';
import { serverSpan } from '../../support/expected-server-span.js';
import { OtlpReceiver } from '../../support/otlp-receiver.js';
import { ALL_SERVERS, type ServerKind } from '../../support/server-kinds.js';
import { shapeOf } from '../../support/span-shape.js';
import { startApp } from '../../support/test-app.js';

@Controller('orders')
class OrdersController {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  @Get(':id')
  findOne(@Param('id') id: string) {
    if (id === 'renamed') this.tracing.activeSpan()?.setAttribute('http.route', '/orders/renamed');
    return id;
  }
}

/** The receiver tells whole numbers as text or not, as the encoding does. */
function onWire(attributes: object): object {
  const entries = Object.entries(attributes) as [string, unknown][];
  return Object.fromEntries(entries.map(([key, value]) => [key, isNumber(value) ? String(value) : value]));
}

const isNumber = (value: unknown) => typeof value === 'number';
const HANDLER = { route: '/orders/:id', handler: 'OrdersController.findOne' };

describe.each(ALL_SERVERS)('$name: requests of one route', (server) => {
  it('show each its own path, agent and host, however many hosts they name', async () => {
    const app = await startApp({ server, controllers: [OrdersController] });
    const ids = Array.from({ length: 12 }, (_, index) => String(index));
    for (const id of ids) {
      const host = `shop-${id}.example:8${id}`;
      const headers = { [server.http2 ? ':authority' : 'host']: host, 'user-agent': `agent ${id}` };
      await app.get(`/orders/${id}`, headers);
    }
    await app.close();
    expect(app.recorder.spans().map(shapeOf)).toEqual(
      ids.map((id) => {
        const attributes = {
          'server.address': `shop-${id}.example`,
          'server.port': Number(`8${id}`),
          'user_agent.original': `agent ${id}`,
        };
        return serverSpan(app, { path: `/orders/${id}`, ...HANDLER, attributes });
      }),
    );
  });

  it('keep the attribute that a handler sets in the place of a shared one to themselves', async () => {
    const app = await startApp({ server, controllers: [OrdersController] });
    for (const id of ['1', 'renamed', '2']) await app.get(`/orders/${id}`);
    await app.close();
    expect(app.recorder.spans().map(({ attributes }) => attributes['http.route'])).toEqual([
      '/orders/:id',
      '/orders/renamed',
      '/orders/:id',
    ]);
  });
});

describe('requests of one route on the wire', () => {
  let receiver: OtlpReceiver;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
  });

  beforeEach(() => {
    receiver.clear();
  });

  afterAll(() => receiver.stop());

  /** Attributes of the server spans of three requests. */
  async function received(server: ServerKind, more: Partial<TelemetryModuleOptions>) {
    const app = await startApp({
      server,
      telemetry: false,
      imports: [
        TelemetryModule.forRoot({
          service: { name: 'orders' },
          exporter: { type: 'otlp-grpc', url: receiver.grpcUrl },
          ...more,
        }),
      ],
      controllers: [OrdersController],
    });
    const paths = ['/orders/1', '/orders/renamed', '/orders/2'];
    for (const path of paths) await app.get(path);
    await app.close();
    await receiver.waitForCount(paths.length);
    const expected = paths.map((path) => onWire(serverSpan(app, { path, ...HANDLER }).attributes));
    return { expected, spans: receiver.spans.map(({ attributes }) => onWire(attributes)) };
  }

  it.each([
    ['as protobuf', {}],
    ['as JSON', { json: true }],
    ['under a limit of length', { spanLimits: { attributeValueLengthLimit: 100 } }],
    [
      'with a processor that reads them',
      {
        spanProcessors: [
          {
            onStart: () => {},
            onEnd: ({ attributes }: { attributes: object }) => void Object.keys(attributes),
            forceFlush: () => Promise.resolve(),
            shutdown: () => Promise.resolve(),
          },
        ],
      },
    ],
  ] as [string, Partial<TelemetryModuleOptions> & { json?: boolean }][])('%s', async (_how, options) => {
    const { json, ...more } = options;
    const url = `${receiver.httpUrl}/v1/traces`;
    const { expected, spans } = await received(
      ALL_SERVERS[0],
      json === true ? { exporter: { type: 'otlp-http-json', url } } : more,
    );
    const [first, , last] = expected;
    expect(spans).toEqual([
      first,
      { ...first, 'url.path': '/orders/renamed', 'http.route': '/orders/renamed' },
      last,
    ]);
  });

  it('are masked where a shared attribute has the name of a secret', async () => {
    const { expected, spans } = await received(ALL_SERVERS[0], { masking: { keys: ['nestjs.module'] } });
    const masked = { 'nestjs.module': '__REDACTED__' };
    const [first, , last] = expected;
    const renamed = { 'url.path': '/orders/renamed', 'http.route': '/orders/renamed' };
    expect(spans).toEqual([
      { ...first, ...masked },
      { ...first, ...renamed, ...masked },
      { ...last, ...masked },
    ]);
  });
});
