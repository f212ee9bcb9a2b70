import { Controller, Get, VersioningType, type INestApplication } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import type { TelemetryModuleOptions } from '../../../src/index.js';
import { LogRecorder } from '../../support/log-recorder.js';
import { HTTP1_SERVERS } from '../../support/server-kinds.js';
import { startApp } from '../../support/test-app.js';

@Controller()
class Pages {
  @Get('metrics')
  metrics() {
    return 'metrics';
  }

  @Get('health')
  health() {
    return 'health';
  }

  @Get('internal/jobs/:id')
  job() {
    return 'job';
  }
}

@Controller({ path: 'orders', version: ['1', '2'] })
class Orders {
  @Get()
  list() {
    return 'orders';
  }
}

const prefixed = (app: INestApplication) => {
  app.setGlobalPrefix('api', { exclude: ['health'] });
};
const versioned = (app: INestApplication) => app.enableVersioning({ type: VersioningType.URI });
const both = (app: INestApplication) => {
  prefixed(app);
  versioned(app);
};
const byHeader = (app: INestApplication) =>
  app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });

const cases: readonly (readonly [
  name: string,
  options: TelemetryModuleOptions,
  setup: (app: INestApplication) => unknown,
  lines: readonly string[],
])[] = [
  [
    'the prefix',
    { http: { exclude: ['/metrics', 'GET /metrics', '/internal/*', 'POST /metrics'] } },
    prefixed,
    [
      '`http.exclude`: `/metrics` is no route of the app; with its prefix or version it is `/api/metrics`.',
      '`http.exclude`: `GET /metrics` is no route of the app; with its prefix or version it is `GET /api/metrics`.',
      '`http.exclude`: `/internal/*` is no route of the app; with its prefix or version it is `/api/internal/*`.',
    ],
  ],
  [
    'a version',
    { http: { include: ['orders'] } },
    versioned,
    [
      '`http.include`: `orders` is no route of the app; with its prefix or version it is `/v1/orders` or `/v2/orders`.',
    ],
  ],
  [
    'both',
    { baggage: { intent: { '/orders': 'shop' } } },
    both,
    [
      '`baggage.intent`: `/orders` is no route of the app; with its prefix or version it is `/api/v1/orders` or `/api/v2/orders`.',
    ],
  ],
  ['nothing', { http: { exclude: ['/metrics', '/orders', '/static/*'] } }, byHeader, []],
  [
    'nothing of what is right, excepted, a wildcard or an expression',
    { http: { exclude: ['/api/metrics', '/health', '*/metrics', /metrics/, '/static/*'] } },
    prefixed,
    [],
  ],
];

describe.each(HTTP1_SERVERS)('a warning at start, on $name', (server) => {
  it.each(cases)('of patterns that miss %s', async (_name, telemetry, setup, lines) => {
    const logger = new LogRecorder();
    await startApp({ server, controllers: [Pages, Orders], telemetry, setup, logger });
    expect(logger.lines('warn').filter((line) => line.includes('is no route of the app'))).toEqual(lines);
  });
});
