import { Controller, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  type ClientOptions,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { onTestFinished } from 'vitest';
import { SpanRecorder, TelemetryTestingModule } from '../../src/testing/index.js';
import { namedSpans, type NamedSpan } from '../support/named-spans.js';
import { appModule, startApp, type TestApp } from '../support/test-app.js';

/** What a scenario does with a message; the same with and without telemetry. */
export type Work = (data: unknown, context: unknown) => unknown;

function workController(work: Work, pattern: string): Type {
  @Controller()
  class WorkController {
    @EventPattern(`${pattern}.work`)
    work(@Payload() data: unknown, @Ctx() context: unknown): unknown {
      return work(data, context);
    }

    @MessagePattern(`${pattern}.ask`)
    ask(@Payload() data: unknown, @Ctx() context: unknown): unknown {
      return work(data, context);
    }
  }
  return WorkController;
}

/** A sender, and the servers that handle its messages one after the other. */
export class WorkingApp {
  readonly servers: SpanRecorder[] = [];

  private constructor(
    readonly client: ClientProxy,
    private readonly sender: TestApp,
    private readonly telemetry: boolean,
    private readonly options: MicroserviceOptions,
    private readonly pattern: string,
  ) {}

  static async start(telemetry: boolean, options: MicroserviceOptions, pattern: string): Promise<WorkingApp> {
    const app = await startApp({
      ...(telemetry ? {} : { telemetry: false }),
      providers: [{ provide: 'WORK', useFactory: () => ClientProxyFactory.create(ofClient(options)) }],
    });
    const client = app.app.get<ClientProxy>('WORK');
    (client as { subscribeToResponseOf?(pattern: string): void }).subscribeToResponseOf?.(`${pattern}.ask`);
    onTestFinished(() => void client.close());
    return new WorkingApp(client, app, telemetry, options, pattern);
  }

  /** Starts a server. @returns closes it */
  async serve(work: Work): Promise<() => Promise<void>> {
    const root = this.telemetry ? [TelemetryTestingModule.forRoot({})] : [];
    const server = await NestFactory.createMicroservice<MicroserviceOptions>(
      appModule({ controllers: [workController(work, this.pattern)] }, root),
      { ...this.options, logger: false, abortOnError: false },
    );
    await server.listen();
    if (this.telemetry) this.servers.push(server.get(SpanRecorder, { strict: false }));
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => (closed ??= server.close());
    onTestFinished(close);
    return close;
  }

  /** Closes the sender. @returns the spans of all */
  async spans(): Promise<readonly NamedSpan[]> {
    await this.sender.close();
    const recorders = [this.sender.recorder, ...this.servers];
    return namedSpans(recorders.flatMap((recorder) => recorder.spans()));
  }
}

/** A client reads answers without acknowledging them. */
function ofClient(options: MicroserviceOptions): ClientOptions {
  const { noAck: _noAck, ...rest } = (options as { options: Record<string, unknown> }).options;
  return { ...options, options: rest } as ClientOptions;
}
