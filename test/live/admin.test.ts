import {
  Controller,
  Get,
  Injectable,
  Module,
  type CanActivate,
  type ExecutionContext,
  type LoggerService,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  TelemetryAdminModule,
  TelemetryModule,
  TracerManager,
  type TelemetryAdminOptions,
} from '../../src/index.js';
import { GrpcReceiver } from '../pipeline/support/otlp-receiver.js';
import { EXPRESS, FASTIFY } from '../support/server-kinds.js';
import { startApp, type TestApp } from '../support/test-app.js';

const CANARY = 'canary-51ab';
const ADMIN = { 'x-admin': 'ada' };
const JSON_TYPE = { 'content-type': 'application/json' };

@Injectable()
class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return (
      context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-admin'] === 'ada'
    );
  }
}

@Controller('work')
class WorkController {
  @Get() work(): string {
    return 'done';
  }
}

class Lines implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (message: unknown): void => void this.lines.push(String(message));
  readonly warn = this.log;
  readonly error = this.log;
}

const admin = (more: Partial<TelemetryAdminOptions> = {}): TelemetryAdminOptions => ({
  guards: [AdminGuard],
  whoami: (request: { headers: Record<string, string> }) => request.headers['x-admin'],
  ...more,
});

describe.each([EXPRESS, FASTIFY])('$name', (server) => {
  const start = (options = admin(), logger: LoggerService = new Lines()): Promise<TestApp> =>
    startApp({
      server,
      logger,
      imports: [TelemetryAdminModule.register(options)],
      controllers: [WorkController],
    });

  const send = (
    app: TestApp,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) =>
    app.send({
      method,
      path: `/admin/telemetry/${path}`,
      headers: { ...ADMIN, ...(body === undefined ? {} : JSON_TYPE), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

  it('changes the configuration, and tells what changed', async () => {
    const app = await start();
    const answer = await send(app, 'PUT', 'config', { sampler: 0, resourceAttributes: { team: 'checkout' } });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      status: 'reconfigured',
      generation: 2,
      changed: ['resourceAttributes', 'sampler'],
      draining: expect.any(Number),
    });
    expect(app.app.get(TracerManager, { strict: false }).config()).toMatchObject({
      sampler: 0,
      resourceAttributes: { team: 'checkout' },
    });
  });

  it('switches the exporter live', async () => {
    const receiver = await new GrpcReceiver().start();
    const app = await start();
    await app.get('/work');
    await app.recorder.waitFor('GET /work');
    await send(app, 'PUT', 'config', { exporter: { type: 'otlp-grpc', url: receiver.url } });
    await app.get('/work');
    const flushed = await send(app, 'POST', 'flush');
    expect(flushed.status).toBe(200);
    expect(receiver.acknowledged.get('GET /work')).toBe(1);
    await receiver.stop();
  });

  it('shows the status without a secret', async () => {
    const app = await start();
    await send(app, 'PUT', 'config', {
      exporter: {
        type: 'otlp-http',
        url: `http://u:${CANARY}@127.0.0.1:9/x?k=${CANARY}`,
        headers: { authorization: CANARY },
      },
    });
    const { status, body } = await send(app, 'GET', 'status');
    expect(status).toBe(200);
    expect(body).not.toContain(CANARY);
    expect(JSON.parse(body)).toMatchObject({
      configured: true,
      generation: 2,
      config: { exporter: { type: 'otlp-http', headers: { authorization: '****' } } },
    });
  });

  it('tries an export', async () => {
    const receiver = await new GrpcReceiver().start();
    const app = await start();
    const good = await send(app, 'POST', 'verify', { exporter: { type: 'otlp-grpc', url: receiver.url } });
    expect(JSON.parse(good.body)).toMatchObject({ ok: true, protocol: 'otlp-grpc' });
    await receiver.stop();
    const bad = await send(app, 'POST', 'verify', { exporter: { type: 'otlp-grpc', url: receiver.url } });
    expect(JSON.parse(bad.body)).toMatchObject({ ok: false, code: 'ECONNREFUSED' });
    expect((await send(app, 'POST', 'verify')).status).toBe(200);
  });

  it('takes presets by name, under the options beside them', async () => {
    vi.stubEnv('PHOENIX_API_KEY', CANARY);
    onTestFinished(() => void vi.unstubAllEnvs());
    const app = await start();
    const put = async (body: object): Promise<unknown> => {
      const answer = await send(app, 'PUT', 'config', body);
      expect(answer.status).toBe(200);
      return app.app.get(TracerManager, { strict: false }).status().config;
    };

    expect(await put({ space_id: 'acme', api_key: 'key' })).toMatchObject({
      exporter: {
        type: 'otlp-grpc',
        url: 'https://otlp.arize.com',
        headers: { authorization: '****', 'arize-space-id': '****' },
      },
      resourceAttributes: { 'openinference.project.name': 'default', model_id: 'default' },
      spanLimits: { attributeCountLimit: 10_000 },
    });
    expect(
      await put({ arize: { spaceId: 'acme', apiKey: 'key', modelId: 'm7', region: 'eu' }, sampler: 0.5 }),
    ).toMatchObject({
      exporter: { url: 'https://otlp.eu-west-1a.arize.com' },
      resourceAttributes: { model_id: 'm7' },
      sampler: 0.5,
    });
    const ofPhoenix = await put({ phoenix: { endpoint: 'http://127.0.0.1:9' }, memoryConstrained: true });
    // No caller gets the process's key sent to an address of his choice.
    expect(ofPhoenix).toMatchObject({
      exporter: { type: 'otlp-http', url: 'http://127.0.0.1:9/v1/traces' },
      batch: { maxQueueSize: 512 },
    });
    expect(ofPhoenix).not.toMatchObject({ exporter: { headers: {} } });
    const change = { space_id: 'acme', api_key: 'key', model_id: 'm8' };
    await send(app, 'POST', 'override', { change, forMillis: 60_000 });
    expect(JSON.parse((await send(app, 'GET', 'status')).body)).toMatchObject({
      config: { resourceAttributes: { model_id: 'm8' } },
      origins: { exporter: 'live change', sampler: 'live change' },
    });
  });

  it.each([
    [{ space_id: 'acme' }, 'api_key'],
    [{ space_id: 'acme', api_key: ` ${CANARY} ` }, 'api_key'],
    [{ arize: {} }, 'arize.spaceId'],
    [{ arize: CANARY }, 'arize'],
    [{ phoenix: { endpoint: 'localhost' } }, 'phoenix.endpoint'],
    [{ highThroughput: 'yes' }, 'highThroughput'],
    [{ arise: {} }, 'arise'],
  ])('refuses %j, naming what is wrong', async (body, path) => {
    const app = await start();
    const answer = await send(app, 'PUT', 'config', body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'TELEMETRY_CONFIG_INVALID', path });
    expect(answer.body).not.toContain(CANARY);
  });

  it('overrides for a while', async () => {
    const app = await start();
    const answer = await send(app, 'POST', 'override', { change: { sampler: 0 }, forMillis: 60_000 });
    expect(answer.status).toBe(200);
    const { body } = await send(app, 'GET', 'status');
    expect(JSON.parse(body)).toMatchObject({
      overrides: [{ changes: ['sampler'], until: (JSON.parse(answer.body) as { until: string }).until }],
    });
  });

  it.each(['GET status', 'PUT config', 'POST flush', 'POST verify', 'POST override'])(
    'answers 403 to a caller that the guard denies %s, and changes nothing',
    async (route) => {
      const app = await start();
      const [method = '', path = ''] = route.split(' ');
      const body = method === 'GET' ? undefined : { sampler: 0, change: { sampler: 0 }, forMillis: 1000 };
      const { status } = await send(app, method, path, body, { 'x-admin': 'mallory' });
      expect(status).toBe(403);
      expect(app.app.get(TracerManager, { strict: false }).status()).toMatchObject({
        generation: 1,
        overrides: [],
      });
    },
  );

  it.each([
    ['a text', { 'content-type': 'text/plain' }, '{"sampler":0}', 415],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'sampler=0', 415],
    ['no type', { 'content-type': '' }, '{"sampler":0}', 415],
    ['a list', JSON_TYPE, '[]', 400],
    ['malformed JSON', JSON_TYPE, '{"sampler":', 400],
    ['an unknown option', JSON_TYPE, '{"smapler":0}', 400],
    ['a prototype', JSON_TYPE, '{"__proto__":{"sampler":0}}', 400],
    ['a wrong value', JSON_TYPE, '{"sampler":7}', 400],
    ['a body over the limit', JSON_TYPE, JSON.stringify({ service: { name: 'x'.repeat(70_000) } }), 413],
    ['an empty body', JSON_TYPE, '', 400],
    [
      'endless nesting',
      JSON_TYPE,
      `{"resourceAttributes":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`,
      400,
    ],
  ])('refuses %s', async (_what, headers, body, expected) => {
    const app = await start();
    const { status } = await send(app, 'PUT', 'config', body, headers);
    expect(status).toBe(expected);
    expect(app.app.get(TracerManager, { strict: false }).status().generation).toBe(1);
  });

  it.each([
    ['a text', { 'content-type': 'text/plain' }, 'now', 415],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'now=1', 415],
    ['a body over the limit', JSON_TYPE, JSON.stringify({ note: 'x'.repeat(70_000) }), 413],
    ['an empty object', JSON_TYPE, '{}', 200],
  ])('answers a flush with %s', async (_what, headers, body, expected) => {
    const app = await start();
    expect((await send(app, 'POST', 'flush', body, headers)).status).toBe(expected);
  });

  it.each([
    ['headers as one text', { exporter: { type: 'otlp-http', headers: `authorization=${CANARY}` } }],
    ['an address in place of an exporter', { exporter: `http://user:${CANARY}@127.0.0.1` }],
    [
      'a header in one piece',
      { exporter: { type: 'otlp-http', headers: { [`authorization: ${CANARY}`]: '' } } },
    ],
  ])('repeats no secret of %s', async (_what, change) => {
    const lines = new Lines();
    const app = await start(admin(), lines);
    for (const [method, path] of [['PUT', 'config'] as const, ['POST', 'verify'] as const]) {
      const { status, body } = await send(app, method, path, change);
      expect(status).toBe(400);
      expect(body + lines.lines.join()).not.toContain(CANARY);
    }
  });

  it('survives a hook that names nobody and rejects', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const lines = new Lines();
    const app = await start(admin({ whoami: (() => Promise.reject(new Error('who'))) as never }), lines);
    await send(app, 'PUT', 'config', { sampler: 0.5 });
    expect(lines.lines).toContain('An administrator changed sampler; generation 2 is live.');
    expect(unhandled).toEqual([]);
  });

  it('says what is wrong with a configuration, never what a secret is', async () => {
    const lines = new Lines();
    const app = await start(admin(), lines);
    const { status, body } = await send(app, 'PUT', 'config', {
      exporter: { type: 'otlp-grpc', url: 'http://127.0.0.1:1', headers: { authorization: `"${CANARY}"` } },
    });
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      code: 'TELEMETRY_CONFIG_INVALID',
      path: 'exporter.headers.authorization',
    });
    expect(body + lines.lines.join()).not.toContain(CANARY);
  });

  it.each([
    [{ change: { sampler: 0 } }, 'forMillis'],
    [{ change: { sampler: 0 }, forMillis: -1 }, 'forMillis'],
    [{ change: { sampler: 7 }, forMillis: 1000 }, 'sampler'],
    [{ forMillis: 1000 }, 'change'],
    [{ change: {}, forMillis: 1000, more: 1 }, 'more'],
  ])('refuses the override %j', async (body, path) => {
    const app = await start();
    const answer = await send(app, 'POST', 'override', body);
    expect(answer.status).toBe(400);
    expect((JSON.parse(answer.body) as { path: string }).path).toContain(path);
    expect(app.app.get(TracerManager, { strict: false }).status().overrides).toEqual([]);
  });

  it('logs who changed what, in one line whatever the name is', async () => {
    const lines = new Lines();
    const app = await start(admin({ whoami: () => 'ada\nFAKE LINE' }), lines);
    await send(app, 'PUT', 'config', { sampler: 0.5, exporter: { type: 'none' } });
    expect(lines.lines).toContain('ada?FAKE LINE changed exporter, sampler; generation 2 is live.');
  });

  it('lives at another path', async () => {
    const app = await start(admin({ path: 'ops/tracing' }));
    expect((await app.get('/ops/tracing/status', ADMIN)).status).toBe(200);
    expect((await app.get('/admin/telemetry/status', ADMIN)).status).toBe(404);
  });
});

it.each([undefined, [], 'guard', [42]])('does not start with guards %j', (guards) => {
  expect(() => TelemetryAdminModule.register({ guards } as never)).toThrow(
    expect.objectContaining({
      code:
        guards instanceof Array && guards.length > 0
          ? 'TELEMETRY_CONFIG_INVALID'
          : 'TELEMETRY_ADMIN_UNGUARDED',
    }),
  );
});

it('steers the instance that covers the importing module', async () => {
  @Module({
    imports: [
      TelemetryModule.forRoot({ service: { name: 'inner' }, exporter: { type: 'memory' } }),
      TelemetryAdminModule.register(admin()),
    ],
  })
  class InnerModule {}
  const app = await startApp({ imports: [InnerModule] });
  const { body } = await app.get('/admin/telemetry/status', ADMIN);
  expect(JSON.parse(body)).toMatchObject({ service: 'inner' });
});

it('needs an instance', async () => {
  await expect(
    Test.createTestingModule({ imports: [TelemetryAdminModule.register(admin())] }).compile(),
  ).rejects.toMatchObject({ path: 'TelemetryAdminModule' });
});

it('serves each of two registrations where modules are told apart by deep hash', async () => {
  const app = await startApp({
    imports: ['first', 'second'].map((path) => TelemetryAdminModule.register(admin({ path }))),
    deepHash: true,
  });
  const statuses = await Promise.all(
    ['first', 'second'].map(
      async (path) => (await fetch(`${app.url}/${path}/status`, { headers: ADMIN })).status,
    ),
  );
  expect(statuses).toEqual([200, 200]);
});
