import {
  Controller,
  Inject,
  Injectable,
  Module,
  ParseIntPipe,
  UseGuards,
  UsePipes,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import {
  catchError,
  concat,
  defer,
  from,
  lastValueFrom,
  NEVER,
  of,
  timeout,
  toArray,
  type Observable,
} from 'rxjs';
import { expect, vi } from 'vitest';
import { TelemetryModule, type TelemetryModuleOptions } from '../../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../../src/testing/index.js';
import { appModule, startApp } from '../../support/test-app.js';

/** How one app is set up for its messages. */
export interface MessageSetUp {
  /** Options of the app's server and client: its own port, queue or consumer group. */
  options(app: string): MicroserviceOptions;
  /** Whether an event comes again after its handler has failed. */
  readonly redelivers?: boolean;
  /** Whether a handler without a first value keeps its consumer from all other messages. */
  readonly blocks?: boolean;
  /** How long a client waits for an answer that does not come. */
  readonly patienceMillis?: number;
  /** Makes what must exist before the app starts, such as Kafka's topics. */
  prepare?(patterns: readonly string[]): Promise<void>;
}

const PATIENCE_MILLIS = 5000;

/** What handlers did, the same with and without telemetry. */
@Injectable()
class Seen {
  readonly lines: string[] = [];
}

@Injectable()
class DenyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

/** Patterns begin with the name of their app, since Kafka keeps the messages of earlier ones. */
function stockController(app: string, { blocks = false }: MessageSetUp): Type {
  const endless = (): Observable<unknown> => (blocks ? concat(of('begun'), NEVER) : NEVER);

  @Controller()
  class StockController {
    constructor(@Inject(Seen) private readonly seen: Seen) {}

    @MessagePattern(`${app}.sum`)
    sum(@Payload() numbers: number[]): number {
      return numbers.reduce((a, b) => a + b, 0);
    }

    @MessagePattern(`${app}.later`)
    async later(): Promise<string> {
      await Promise.resolve();
      return 'later';
    }

    @MessagePattern(`${app}.count`)
    count(): Observable<number> {
      return from([0, 1, 2]);
    }

    @MessagePattern(`${app}.denied`)
    @UseGuards(DenyGuard)
    denied(): string {
      this.seen.lines.push('never called');
      return 'never';
    }

    @MessagePattern(`${app}.piped`)
    @UsePipes(ParseIntPipe)
    piped(@Payload() count: number): number {
      return count;
    }

    @MessagePattern(`${app}.refuses`)
    refuses(): never {
      throw new RpcException({ code: 'NO_STOCK', message: 'out of stock' });
    }

    @MessagePattern(`${app}.throws`)
    throws(): Promise<never> {
      return Promise.reject(new TypeError('no such thing'));
    }

    @MessagePattern(`${app}.breaks`)
    breaks(): Observable<number> {
      return defer(() => {
        throw new RangeError('half way');
      });
    }

    @MessagePattern(`${app}.waits`)
    waits(): Observable<unknown> {
      this.seen.lines.push('waits');
      return endless();
    }

    @MessagePattern(`${app}.dies`)
    dies(): Observable<unknown> {
      this.seen.lines.push('dies');
      return endless();
    }

    @EventPattern(`${app}.shipped`)
    shipped(@Payload() order: unknown): void {
      this.seen.lines.push(`shipped ${(order as { id: number }).id}`);
    }

    @EventPattern(`${app}.lost`)
    lost(@Payload() _order: unknown): void {
      const isFirst = !this.seen.lines.includes('lost');
      this.seen.lines.push('lost');
      if (isFirst) throw new RangeError('lost');
    }
  }
  return StockController;
}

/** Every pattern that has a handler. */
const PATTERNS = [
  'sum',
  'later',
  'count',
  'denied',
  'piped',
  'refuses',
  'throws',
  'breaks',
  'waits',
  'dies',
  'shipped',
  'lost',
] as const;

/** The answers and spans of a client and a server that went through all situations. */
export interface Outcome {
  readonly answers: Readonly<Record<string, unknown>>;
  readonly client: SpanRecorder;
  readonly server: SpanRecorder;
  /** Of the instance that is nearer to the handlers, where there is one. */
  readonly near: SpanRecorder;
}

/** Options of both apps' instances; `two` puts the handlers under a nearer one. */
export type Mode = TelemetryModuleOptions | 'two' | false;

/** Takes a client and its server through all situations, in which nothing depends on telemetry. */
export async function goThrough(setUp: MessageSetUp, app: string, mode: Mode): Promise<Outcome> {
  const options = setUp.options(app);
  await setUp.prepare?.(PATTERNS.map((name) => `${app}.${name}`));
  const telemetry = mode === 'two' ? {} : mode;
  const near = new SpanRecorder();
  class NearModule {}
  const instance = TelemetryModule.forRoot({ service: { name: 'near' }, exporter: near });
  Module({
    imports: mode === 'two' ? [instance] : [],
    controllers: [stockController(app, setUp)],
    providers: [Seen],
  })(NearModule);
  const root = telemetry === false ? [] : [TelemetryTestingModule.forRoot(telemetry)];
  const server = await NestFactory.createMicroservice<MicroserviceOptions>(
    appModule({ imports: [NearModule] }, root),
    { ...options, logger: false, abortOnError: false },
  );
  await server.listen();
  const serverSpans =
    telemetry === false ? new SpanRecorder() : server.get<SpanRecorder>(SpanRecorder, { strict: false });
  const { lines } = server.get<Seen>(Seen, { strict: false });
  const started = await startApp({
    telemetry,
    providers: [{ provide: 'STOCK', useFactory: () => ClientProxyFactory.create(options as never) }],
  });
  const client = started.app.get<ClientProxy>('STOCK');
  for (const name of PATTERNS) {
    (client as { subscribeToResponseOf?(pattern: string): void }).subscribeToResponseOf?.(`${app}.${name}`);
  }
  await client.connect();
  const answers = await ask(setUp, client, app, lines, () => server.close());
  client.close();
  await started.close();
  return { answers: { ...answers, seen: lines }, client: started.recorder, server: serverSpans, near };
}

async function ask(
  setUp: MessageSetUp,
  client: ClientProxy,
  app: string,
  lines: readonly string[],
  killServer: () => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const sent = (name: string, data: unknown = {}): Promise<unknown> =>
    lastValueFrom(
      client.send<unknown>(`${app}.${name}`, data).pipe(
        timeout(setUp.patienceMillis ?? PATIENCE_MILLIS),
        toArray(),
        catchError((error: unknown) => of({ error: wordsOf(error, app) })),
      ),
    );
  const emitted = (name: string, data: unknown): Promise<unknown> =>
    lastValueFrom(client.emit(`${app}.${name}`, data), { defaultValue: 'sent' });
  const answers: Record<string, unknown> = {};
  answers['sum'] = await sent('sum', [1, 2, 3]);
  for (const name of ['later', 'count', 'denied', 'refuses', 'throws', 'breaks'])
    answers[name] = await sent(name);
  answers['piped'] = [await sent('piped', 'x'), await sent('piped', '7')];
  answers['nobody'] = await sent('nobody');
  await emitted('lost', { id: 1 });
  const deliveries = setUp.redelivers === true ? 2 : 1;
  await vi.waitFor(() => expect(lines.filter((line) => line === 'lost')).toHaveLength(deliveries), 10_000);
  await emitted('shipped', { id: 2 });
  await vi.waitFor(() => expect(lines).toContain('shipped 2'), 10_000);
  const values: unknown[] = [];
  const waiting = client.send(`${app}.waits`, {}).subscribe((value) => values.push(value));
  await vi.waitFor(() => expect(lines).toContain('waits'), 10_000);
  await vi.waitFor(() => expect(values).toHaveLength(setUp.blocks === true ? 1 : 0), 10_000);
  waiting.unsubscribe();
  const dying = sent('dies');
  await vi.waitFor(() => expect(lines).toContain('dies'), 10_000);
  await killServer();
  answers['dies'] = await dying;
  return answers;
}

/** An error without the name of its app. */
function wordsOf(error: unknown, app: string): string {
  const { name, message } = Object(error) as Partial<Error>;
  const words = error instanceof Error ? `${String(name)}: ${String(message)}` : JSON.stringify(error);
  return words.replaceAll(`${app}.`, '');
}
