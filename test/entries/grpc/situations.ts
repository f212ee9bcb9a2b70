import { fileURLToPath } from 'node:url';
import {
  Catch,
  Controller,
  Inject,
  Injectable,
  Module,
  ParseIntPipe,
  UseFilters,
  UseGuards,
  UsePipes,
  type CanActivate,
  type ExceptionFilter,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  GrpcMethod,
  GrpcStreamCall,
  GrpcStreamMethod,
  RpcException,
  Transport,
  type ClientGrpcProxy,
  type GrpcOptions,
} from '@nestjs/microservices';
import { Metadata } from '@grpc/grpc-js';
import {
  BehaviorSubject,
  catchError,
  concat,
  defer,
  EMPTY,
  from,
  lastValueFrom,
  map,
  NEVER,
  of,
  reduce,
  throwError,
  toArray,
  type Observable,
} from 'rxjs';
import { expect, vi } from 'vitest';
import { TelemetryModule, TracerManager, type TelemetryModuleOptions } from '../../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../../src/testing/index.js';
import { freePort } from '../../support/free-port.js';
import { appModule, startApp } from '../../support/test-app.js';

const DEADLINE_MILLIS = 200;
const PROTO = fileURLToPath(new URL('shop.proto', import.meta.url));

/** Options of a server and its clients on a free port. */
export async function stockOptions(): Promise<GrpcOptions> {
  const url = `127.0.0.1:${await freePort()}`;
  return { transport: Transport.GRPC, options: { package: 'shop', protoPath: PROTO, url } };
}

export interface Item {
  readonly id: number;
}

/** Calls of a pass-through handler, as far as they are used here. */
interface StreamCall {
  on(event: 'data' | 'end', listener: (item: Item) => void): void;
  write(item: Item): void;
  end(): void;
}

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

@Catch(RangeError)
class ConflictFilter implements ExceptionFilter {
  catch(): Observable<never> {
    return throwError(() => ({ code: 6, message: 'there is one already' }));
  }
}

@Catch(RangeError)
class RescueFilter implements ExceptionFilter {
  catch(): Observable<Item> {
    return of({ id: 0 });
  }
}

/** Works for one item of a stream, in a span of its own where there is telemetry. */
@Injectable()
class Work {
  static manager: TracerManager | undefined;

  double({ id }: Item): Item {
    const doubled = { id: id * 2 };
    return Work.manager?.withSpan('double', () => doubled) ?? doubled;
  }
}

@Controller()
class StockController {
  constructor(
    @Inject(Seen) private readonly seen: Seen,
    @Inject(Work) private readonly work: Work,
  ) {}

  @GrpcMethod('Stock', 'One')
  async one({ id }: Item): Promise<Item> {
    await Promise.resolve();
    return { id: id + 1 };
  }

  /** Answers with its first value, and does not end. */
  @GrpcMethod('Stock', 'Kept')
  kept({ id }: Item): Observable<Item> {
    return new BehaviorSubject({ id });
  }

  @GrpcMethod('Stock', 'Many')
  many({ id }: Item): Observable<Item> {
    return from([{ id }, { id: id + 1 }]);
  }

  @GrpcStreamMethod('Stock', 'Sum')
  sum(items: Observable<Item>): Observable<Item> {
    return items.pipe(reduce((sum, { id }) => ({ id: sum.id + id }), { id: 0 }));
  }

  @GrpcStreamMethod('Stock', 'Both')
  both(items: Observable<Item>): Observable<Item> {
    return items.pipe(map((item) => this.work.double(item)));
  }

  @GrpcStreamCall('Stock', 'Pass')
  pass(call: StreamCall): void {
    call.on('data', (item) => {
      call.write(this.work.double(item));
    });
    call.on('end', () => {
      call.end();
    });
  }

  @GrpcStreamCall('Stock', 'PassSum')
  passSum(call: StreamCall, callback: (error: unknown, item: Item) => void): void {
    let sum = 0;
    call.on('data', ({ id }) => (sum += id));
    call.on('end', () => {
      callback(null, { id: sum });
    });
  }

  @GrpcMethod('Stock', 'Denied')
  @UseGuards(DenyGuard)
  denied(item: Item): Item {
    this.seen.lines.push('never called');
    return item;
  }

  @GrpcMethod('Stock', 'Piped')
  @UsePipes(ParseIntPipe)
  piped(item: Item): Item {
    this.seen.lines.push('never called');
    return item;
  }

  @GrpcMethod('Stock', 'Refuses')
  refuses(): never {
    throw new RpcException({ code: 5, message: 'no such item' });
  }

  @GrpcMethod('Stock', 'Faults')
  faults(): Observable<never> {
    return throwError(() => new RpcException({ code: 14, message: 'out of order' }));
  }

  @GrpcMethod('Stock', 'Throws')
  throws(): Promise<never> {
    return Promise.reject(new TypeError('no such thing'));
  }

  @GrpcMethod('Stock', 'Filtered')
  @UseFilters(ConflictFilter)
  filtered(): never {
    throw new RangeError('twice');
  }

  @GrpcMethod('Stock', 'Rescued')
  @UseFilters(RescueFilter)
  rescued(): never {
    throw new RangeError('twice');
  }

  @GrpcMethod('Stock', 'Unwritable')
  unwritable(): unknown {
    return 'no item';
  }

  @GrpcMethod('Stock', 'Breaks')
  breaks({ id }: Item): Observable<Item> {
    return concat(
      of({ id }),
      defer(() => throwError(() => new RpcException({ code: 15, message: 'half way' }))),
    );
  }

  @GrpcStreamMethod('Stock', 'BreaksBoth')
  breaksBoth(items: Observable<Item>): Observable<Item> {
    return items.pipe(
      map(() => {
        throw new RpcException({ code: 3, message: 'bad item' });
      }),
    );
  }

  @GrpcMethod('Stock', 'Waits')
  waits(): Observable<never> {
    this.seen.lines.push('Waits');
    return NEVER;
  }

  @GrpcMethod('Stock', 'WaitsMany')
  waitsMany({ id }: Item): Observable<Item> {
    this.seen.lines.push('WaitsMany');
    return concat(of({ id }), NEVER);
  }

  @GrpcStreamMethod('Stock', 'WaitsSum')
  waitsSum(_items: Observable<Item>): Observable<Item> {
    this.seen.lines.push('WaitsSum');
    return NEVER;
  }

  @GrpcStreamMethod('Stock', 'WaitsBoth')
  waitsBoth(_items: Observable<Item>): Observable<Item> {
    this.seen.lines.push('WaitsBoth');
    return NEVER;
  }
}

/** A call's arguments: an item or several, and grpc-js's options. */
type Stub = Readonly<Record<string, (...args: unknown[]) => Observable<Item>>>;

/** The calls, in this order. */
const TAKES_STREAM = /Sum$|Both$|^Pass/;
export const ANSWERED = ['One', 'Kept', 'Many', 'Sum', 'Both', 'Pass', 'PassSum'] as const;
export const FAILING = [
  'Denied',
  'Piped',
  'Refuses',
  'Faults',
  'Throws',
  'Filtered',
  'Rescued',
  'Unwritable',
  'Breaks',
  'BreaksBoth',
  'Nobody',
  'NobodyMany',
  'NobodySum',
  'NobodyBoth',
] as const;
/** Nest takes no deadline for a stream of requests. */
export const EXPIRING = ['Waits', 'WaitsMany'] as const;
export const WAITING = ['Waits', 'WaitsMany', 'WaitsSum', 'WaitsBoth'] as const;

/** The answers and spans of a client and a server that went through all situations. */
export interface Outcome {
  readonly answers: Readonly<Record<string, unknown>>;
  readonly port: number;
  readonly client: SpanRecorder;
  readonly server: SpanRecorder;
  /** Of the instance that is nearer to the handlers, where there is one. */
  readonly near: SpanRecorder;
}

/** Options of both apps' instances; `two` puts the handlers under a nearer one. */
export type Mode = TelemetryModuleOptions | 'two' | false;

/** Takes a client and its server through all situations, in which nothing depends on telemetry. */
export async function goThrough(mode: Mode): Promise<Outcome> {
  const options = await stockOptions();
  const telemetry = mode === 'two' ? {} : mode;
  const near = new SpanRecorder();
  class NearModule {}
  const instance = TelemetryModule.forRoot({ service: { name: 'near' }, exporter: near });
  Module({
    imports: mode === 'two' ? [instance] : [],
    controllers: [StockController],
    providers: [Seen, Work],
  })(NearModule);
  const root = telemetry === false ? [] : [TelemetryTestingModule.forRoot(telemetry)];
  const server = await NestFactory.createMicroservice<GrpcOptions>(
    appModule({ imports: [NearModule] }, root),
    { ...options, logger: false, abortOnError: false },
  );
  await server.listen();
  const { lines } = server.get<Seen>(Seen, { strict: false });
  Work.manager = telemetry === false ? undefined : server.get(TracerManager, { strict: false });
  const started = await startApp({
    telemetry,
    providers: [{ provide: 'STOCK', useFactory: () => ClientProxyFactory.create(options) }],
  });
  const client = started.app.get<ClientGrpcProxy>('STOCK');
  const recorder =
    telemetry === false ? new SpanRecorder() : server.get<SpanRecorder>(SpanRecorder, { strict: false });
  const ended = (): number => [...recorder.spans(), ...near.spans()].filter(isWaiting).length;
  const isTraced = mode === 'two' || (telemetry !== false && Object.keys(telemetry).length === 0);
  const answers = await ask(client.getService<Stub>('Stock'), lines, async (count) => {
    if (isTraced) await vi.waitFor(() => expect(ended()).toBe(count), 10_000);
  });
  await server.close();
  client.close();
  await started.close();
  const port = Number(options.options.url?.split(':')[1]);
  return { answers: { ...answers, seen: lines }, port, client: started.recorder, server: recorder, near };
}

function isWaiting({ name }: { readonly name: string }): boolean {
  return WAITING.some((method) => name === `shop.Stock/${method}`);
}

/** @param serverHasEnded - waits until that many calls which wait are over at the server */
async function ask(
  stock: Stub,
  lines: string[],
  serverHasEnded: (count: number) => Promise<void>,
): Promise<Record<string, unknown>> {
  const call = (method: string, ...more: unknown[]): Observable<Item> => {
    const stub = stock[method.charAt(0).toLowerCase() + method.slice(1)]!;
    return TAKES_STREAM.test(method)
      ? stub(concat(of({ id: 1 }, { id: 2 }), method.startsWith('Waits') ? NEVER : EMPTY), ...more)
      : stub({ id: 1 }, ...more);
  };
  const outcome = (answer: Observable<unknown>): Promise<unknown> =>
    lastValueFrom(
      answer.pipe(
        catchError((error: unknown) => of({ error: (error as Error).message.replace(/ after .*/, '') })),
        toArray(),
      ),
    );
  const answers: Record<string, unknown> = {};
  for (const method of [...ANSWERED, ...FAILING]) answers[method] = await outcome(call(method));
  let over = 0;
  for (const method of WAITING) {
    const waiting = call(method).subscribe();
    await vi.waitFor(() => expect(lines).toContain(method), 10_000);
    waiting.unsubscribe();
    await serverHasEnded((over += 1));
  }
  for (const method of EXPIRING) {
    const deadline = Date.now() + DEADLINE_MILLIS;
    answers[method] = await outcome(call(method, new Metadata(), { deadline }));
    await serverHasEnded((over += 1));
  }
  return answers;
}
