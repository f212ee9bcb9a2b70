import { Agent, get } from 'node:http';
import { connect } from 'node:http2';
import { Controller, Get, Inject, Injectable, Module, Param, Sse } from '@nestjs/common';
import { interval, map, take, type Observable } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BaggageService, Span, TelemetryModule } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { RawConnection } from '../support/raw-connection.js';
import { FASTIFY_H2C, HTTP1_SERVERS, type ServerKind } from '../support/server-kinds.js';
import { startApp, type TestApp } from '../support/test-app.js';

const USERS = Array.from({ length: 500 }, (_, index) => `u${index}`);

@Injectable()
class Profile {
  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  @Span('profile')
  async read(user: string): Promise<(string | undefined)[]> {
    const seen: (string | undefined)[] = [];
    const look = (): number => seen.push(this.baggage.get('user.id'), this.baggage.get('app.mine'));
    this.baggage.set('app.mine', user);
    look();
    await new Promise((resolve) => setTimeout(resolve, Number(user.slice(1)) % 5));
    look();
    await Promise.all([
      new Promise<void>((resolve) => {
        setImmediate(() => {
          look();
          resolve();
        });
      }),
      this.baggage.with({ 'app.mine': `${user}!` }, async () => {
        await Promise.resolve();
        seen.push(this.baggage.get('app.mine')?.replace('!', ''));
      }),
    ]);
    look();
    return seen;
  }
}

@Controller()
class UserController {
  constructor(
    @Inject(Profile) readonly profile: Profile,
    @Inject(BaggageService) readonly baggage: BaggageService,
  ) {}

  @Get('user/:id')
  async user(@Param('id') id: string): Promise<{ seen: string[]; end: string }> {
    const seen = await this.profile.read(id);
    return { seen: [...new Set(seen.map(String))], end: id };
  }

  @Sse('stream/:id')
  stream(): Observable<{ data: string }> {
    return interval(1).pipe(
      take(3),
      map(() => ({ data: String(this.baggage.get('user.id')) })),
    );
  }
}

class OtherModule {}
const other = TelemetryModule.forRoot({
  service: { name: 'other' },
  exporter: new SpanRecorder(),
  baggage: { headers: { 'x-user-id': 'user.id' }, attributes: ['app.*'] },
});
@Controller('other')
class OtherController extends UserController {
  constructor(@Inject(Profile) profile: Profile, @Inject(BaggageService) baggage: BaggageService) {
    super(profile, baggage);
  }
}
Module({ imports: [other], controllers: [OtherController], providers: [Profile] })(OtherModule);

function start(server: ServerKind): Promise<TestApp> {
  return startApp({
    server,
    telemetry: { baggage: { attributes: ['app.*'] } },
    imports: [OtherModule],
    controllers: [UserController],
    providers: [Profile],
  });
}

/** Every span says the user of its own request. */
function expectOwnAttributes({ recorder }: TestApp): void {
  const spans = recorder.spans();
  const served = new Map(
    spans.filter(({ kind }) => kind === 1).map((span) => [span.spanContext().spanId, span]),
  );
  for (const span of spans) {
    const server = served.get(span.parentSpanContext?.spanId ?? span.spanContext().spanId);
    const user = /\/(u\d+)$/.exec(String(server?.attributes['url.path']))?.[1];
    expect(span.attributes['user.id']).toBe(user);
    expect(span.attributes['app.mine'] ?? user).toBe(user);
  }
}

describe.each(HTTP1_SERVERS)('500 users at once: $name', { timeout: 60_000 }, (server) => {
  it('see their own entries on pipelined connections, 10 users on each', async () => {
    const app = await start(server);
    await Promise.all(
      Array.from({ length: 50 }, async (_, group) => {
        const users = USERS.slice(group * 10, group * 10 + 10);
        const connection = await RawConnection.open(app.url);
        onTestFinished(() => {
          connection.close();
        });
        connection.writeRaw(
          users
            .map(
              (user) =>
                `GET ${group % 2 === 0 ? '' : '/other'}/user/${user} HTTP/1.1\r\nHost: x\r\nX-User-Id: ${user}\r\n\r\n`,
            )
            .join(''),
        );
        await vi.waitFor(() => {
          expect(connection.text.match(/"end":"u\d+"/g)).toHaveLength(10);
        }, 30_000);
        const bodies = [...connection.text.matchAll(/\{"seen".*?\}/g)].map(([body]) => JSON.parse(body));
        expect(bodies).toEqual(users.map((user) => ({ seen: [user], end: user })));
      }),
    );
    expectOwnAttributes(app);
  });

  it('see their own entries on 40 shared keep-alive connections, requests and streams mixed', async () => {
    const app = await start(server);
    const agent = new Agent({ keepAlive: true, maxSockets: 40 });
    onTestFinished(() => {
      agent.destroy();
    });
    const sockets = new Set<unknown>();
    const ask = (path: string, user: string): Promise<string> =>
      new Promise((resolve, reject) => {
        get(`${app.url}${path}/${user}`, { agent, headers: { 'x-user-id': user } }, (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => resolve(body));
        })
          .on('socket', (socket) => sockets.add(socket))
          .on('error', reject);
      });
    await Promise.all(
      USERS.map(async (user, index) => {
        if (index % 5 === 0) {
          const events = [...(await ask('/stream', user)).matchAll(/data: (.*)/g)].map(([, data]) => data);
          expect(events).toEqual([user, user, user]);
        } else {
          expect(JSON.parse(await ask('/user', user))).toEqual({ seen: [user], end: user });
        }
      }),
    );
    expect(sockets.size).toBeLessThan(100);
    expectOwnAttributes(app);
  });
});

it('500 users on one HTTP/2 connection see their own entries', { timeout: 60_000 }, async () => {
  const app = await start(FASTIFY_H2C);
  const session = connect(app.url, { settings: { initialWindowSize: 1024 * 1024 } });
  await Promise.all(
    USERS.map(
      (user) =>
        new Promise<void>((resolve, reject) => {
          const stream = session.request({ ':path': `/user/${user}`, 'x-user-id': user });
          let body = '';
          stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
          stream.on('error', reject).on('end', () => {
            expect(JSON.parse(body)).toEqual({ seen: [user], end: user });
            resolve();
          });
        }),
    ),
  );
  session.close();
  expectOwnAttributes(app);
});

it('a request without headers sees nothing of those before it on the connection', async () => {
  const app = await start(HTTP1_SERVERS[0]);
  const connection = await RawConnection.open(app.url);
  connection.writeRaw(
    'GET /user/u1 HTTP/1.1\r\nHost: x\r\nX-User-Id: u1\r\n\r\nGET /stream/u2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  await vi.waitFor(() => {
    expect(connection.text.match(/data: .*/g)).toEqual([
      'data: undefined',
      'data: undefined',
      'data: undefined',
    ]);
  }, 10_000);
});
