/*
 * One of two services of `over-the-wire.test.ts`, in a process of its own, on each server: `front` calls
 * `back`, and sends it a job.
 */
import 'reflect-metadata';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { Controller, Get, Inject, Injectable, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { BaggageService, Span, TelemetryModule, TracerManager } from '../../src/index.js';

const [name = '', collector = ''] = process.argv.slice(2);
/** Where the service behind this one listens, by kind. */
let next: Readonly<Record<string, string>> = {};
const KINDS = ['express', 'fastify', 'h2c'] as const;

@Injectable()
class Work {
  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  @Span('work')
  async run(): Promise<Readonly<Record<string, string>>> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return this.baggage.getAll();
  }
}

@Controller()
class ServiceController {
  constructor(
    @Inject(Work) readonly work: Work,
    @Inject(TracerManager) readonly manager: TracerManager,
    @Inject('kind') readonly kind: string,
  ) {}

  @Get('start')
  async start(): Promise<unknown> {
    const here = await this.work.run();
    const there =
      this.kind === 'h2c'
        ? await this.callHttp2()
        : await (await fetch(`${next[this.kind] ?? ''}/next`)).json();
    process.send?.({ enqueue: { kind: this.kind, properties: this.manager.inject({}) } });
    return { here, there };
  }

  @Get('next')
  answer(): Promise<unknown> {
    return this.work.run();
  }

  private async callHttp2(): Promise<unknown> {
    const session = connect(next[this.kind] ?? '');
    const stream = session.request(this.manager.inject({ ':path': '/next' }));
    let body = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    await once(stream, 'end');
    session.close();
    return JSON.parse(body);
  }
}

async function start(kind: (typeof KINDS)[number]): Promise<INestApplication> {
  const telemetry = TelemetryModule.forRoot({
    service: { name },
    exporter: { type: 'otlp-http', url: `${collector}/v1/traces` },
    batch: { scheduledDelayMillis: 20 },
    propagation: { baggageHosts: ['127.0.0.1'] },
    instrumentations: kind === 'h2c' ? [] : [new UndiciInstrumentation()],
  });
  class ServiceModule {}
  Module({
    imports: [telemetry],
    controllers: [ServiceController],
    providers: [Work, { provide: 'kind', useValue: kind }],
  })(ServiceModule);
  const adapter =
    kind === 'express' ? new ExpressAdapter() : new FastifyAdapter({ http2: kind === 'h2c' } as never);
  const app = await NestFactory.create(ServiceModule, adapter as never, {
    logger: ['error'],
    forceCloseConnections: true,
  });
  await app.listen(0, '127.0.0.1');
  return app;
}

const apps = new Map<string, INestApplication>();
for (const kind of KINDS) apps.set(kind, await start(kind));

interface Message {
  readonly next?: Readonly<Record<string, string>>;
  readonly job?: { readonly kind: string; readonly properties: Record<string, string> };
}

process.on('message', (message: Message) => {
  if (message.next !== undefined) next = message.next;
  const { job } = message;
  const app = apps.get(job?.kind ?? '');
  if (job === undefined || app === undefined) return;
  const manager = app.get(TracerManager);
  void manager
    .extract(job.properties, () => manager.withSpan('consume', () => app.get(Work).run()))
    .then((done) => process.send?.({ done }));
});
process.on('disconnect', () => void Promise.all([...apps.values()].map((app) => app.close())));
process.send?.({
  urls: Object.fromEntries(
    [...apps].map(([kind, app]) => [
      kind,
      `http://127.0.0.1:${(app.getHttpServer().address() as { port: number }).port}`,
    ]),
  ),
});
