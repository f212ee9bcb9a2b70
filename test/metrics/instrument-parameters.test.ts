import { Controller, Get, Inject, type INestApplication } from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import type { Counter, Gauge, Histogram, Observable as Asked, UpDownCounter } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import type { AddressInfo, Server } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { MeterManager, TelemetryModule } from '../../src/index.js';
import {
  OtelCounter,
  OtelGauge,
  OtelHistogram,
  OtelObservableCounter,
  OtelObservableGauge,
  OtelObservableUpDownCounter,
  OtelUpDownCounter,
} from '../../src/entry-points/nestjs-otel.js';
import { LogRecorder } from '../support/log-recorder.js';
import { ALL_SERVERS } from '../support/server-kinds.js';
import { appModule, startApp } from '../support/test-app.js';
import { pointsOf } from './support/memory-metrics.js';

type ObservableInstrument = Asked & {
  addCallback(callback: (result: { observe(value: number): void }) => void): void;
};

@Controller('home')
class HomeController {
  @Get()
  home(
    @OtelCounter('c', { description: 'visits' }) counter: Counter,
    @OtelCounter('prefixed', { prefix: 'home' }) prefixed: Counter,
    @OtelUpDownCounter('u') upDown: UpDownCounter,
    @OtelHistogram('h', { unit: 's' }) histogram: Histogram,
    @OtelGauge('g') gauge: Gauge,
  ): boolean {
    counter.add(1);
    prefixed.add(1);
    upDown.add(2);
    histogram.record(3);
    gauge.record(4);
    return true;
  }

  @Get('asked')
  asked(
    @OtelObservableCounter('oc') counter: ObservableInstrument,
    @OtelObservableUpDownCounter('ou') upDown: ObservableInstrument,
    @OtelObservableGauge('og') gauge: ObservableInstrument,
  ): void {
    for (const instrument of [counter, upDown, gauge]) instrument.addCallback(five);
  }

  @MessagePattern('visit')
  visit(@OtelCounter('c') counter: Counter): string {
    counter.add(10);
    return 'visited';
  }
}

function five(result: { observe(value: number): void }): void {
  result.observe(5);
}

/** An exporter, and what an instrument has measured. */
class Measured {
  readonly exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);

  async of(app: INestApplication, name: string): Promise<unknown[]> {
    await app.get(MeterManager, { strict: false }).forceFlush();
    return this.now(name);
  }

  now(name: string): unknown[] {
    return pointsOf(this.exporter, name).map(({ value }) =>
      typeof value === 'number' ? value : (value as { sum: number }).sum,
    );
  }
}

describe.each(ALL_SERVERS)('parameters, $name', (server) => {
  it('are instruments of the app, the same for each request', async () => {
    const measured = new Measured();
    const app = await startApp({
      server,
      controllers: [HomeController],
      telemetry: { metrics: { readers: measured.exporter } },
    });
    await app.get('/home');
    await app.get('/home');
    await app.get('/home/asked');
    await app.get('/home/asked');
    expect(await measured.of(app.app, 'c')).toEqual([2]);
    const now = ['home.prefixed', 'u', 'h', 'g', 'oc', 'ou', 'og'].map((name) => measured.now(name));
    expect(now).toEqual([[2], [4], [6], [4], [5], [5], [5]]);
  });
});

it('parameters belong to the instance of the handler’s module, wherever the handler is called from', async () => {
  const measured = { shop: new Measured(), home: new Measured() };
  const telemetry = (name: keyof typeof measured) =>
    TelemetryModule.forRoot({
      service: { name },
      exporter: { type: 'none' },
      metrics: { readers: measured[name].exporter },
    });

  @Controller('shop')
  class ShopController {
    @Get()
    visit(@OtelCounter('c') counter: Counter): void {
      counter.add(100);
    }
  }
  const app = await startApp({
    telemetry: false,
    imports: [
      telemetry('shop'),
      appModule({ imports: [telemetry('home')], controllers: [HomeController] }),
      // Covered by the root module's.
      appModule({ controllers: [ShopController] }),
    ],
    setup: async (nest) => {
      nest.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } });
      await nest.startAllMicroservices();
    },
  });
  await app.get('/home');
  await app.get('/shop');
  const { port } = app.app.getMicroservices()[0]!.unwrap<Server>().address() as AddressInfo;
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  expect(await firstValueFrom(client.send('visit', {}))).toBe('visited');
  client.close();
  // Which exports what is left.
  await app.close();
  expect([measured.home.now('c'), measured.shop.now('c')]).toEqual([[11], [100]]);
});

it('parameters follow the meter that a feature names', async () => {
  const measured = new Measured();
  const app = await startApp({
    telemetry: { metrics: { readers: measured.exporter } },
    imports: [
      appModule({ imports: [TelemetryModule.forFeature({ tracer: 'home' })], controllers: [HomeController] }),
    ],
  });
  await app.get('/home');
  expect(await measured.of(app.app, 'c')).toEqual([1]);
  const scopes = measured.exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
  const [scope] = scopes.filter(({ metrics }) => metrics.some(({ descriptor }) => descriptor.name === 'c'));
  expect(scope?.scope.name).toBe('home');
});

it.each([
  ['metrics are off', { metrics: false }],
  ['telemetry is off', { enabled: false }],
  ['there is no instance', false],
] as const)('parameters are instruments that measure nothing where %s', async (_why, telemetry) => {
  const app = await startApp({ controllers: [HomeController], telemetry });
  expect(await app.get('/home')).toMatchObject({ status: 200, body: 'true' });
  expect((await app.get('/home/asked')).status).toBe(200);
});

it('a parameter whose name is taken by another instrument measures nothing, and says so', async () => {
  const measured = new Measured();
  const logger = new LogRecorder();
  @Controller('taken')
  class TakenController {
    constructor(@Inject(MeterManager) meters: MeterManager) {
      meters.counter('taken').add(1);
    }

    @Get()
    visit(@OtelHistogram('taken') histogram: Histogram): string {
      histogram.record(7);
      return 'visited';
    }
  }
  const app = await startApp({
    controllers: [TakenController],
    telemetry: { metrics: { readers: measured.exporter } },
    logger,
  });
  expect((await app.get('/taken')).body).toBe('visited');
  expect(await measured.of(app.app, 'taken')).toEqual([1]);
  expect(logger.lines('warn').join('\n')).toContain('The instrument `taken` of the meter');
});

it.each([
  ['no name', undefined, '@OtelCounter'],
  ['an empty name', '', '@OtelCounter'],
  ['a name that no receiver takes', '1 €', 'instrument.name'],
])('a parameter with %s is refused when the class is read', (_what, name, path) => {
  const read = (): unknown => {
    class Wrong {
      visit(@OtelCounter(name as string) _counter: Counter): void {}
    }
    return new Wrong();
  };
  expect(read).toThrow(expect.objectContaining({ code: 'TELEMETRY_CONFIG_INVALID', path }) as Error);
});
