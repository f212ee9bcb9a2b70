import type { INestApplication, LoggerService, ModuleMetadata, Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { onTestFinished } from 'vitest';
import type { TelemetryModuleOptions } from '../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../src/testing/index.js';
import { open, send, type ClientRequest, type ClientResponse, type OpenExchange } from './http-client.js';
import { EXPRESS, type ServerKind } from './server-kinds.js';

/** What makes one test's app differ from the next one's. */
export interface TestAppOptions extends ModuleMetadata {
  readonly server?: ServerKind;
  /** Of the only instance; `false` imports none (bring your own among `imports`). */
  readonly telemetry?: TelemetryModuleOptions | false;
  /** Prefix, global guards, versioning: whatever `main.ts` does before `listen`. */
  readonly setup?: (app: INestApplication) => unknown;
  readonly root?: Type;
  readonly logger?: LoggerService | false;
  /** Tells modules apart by content, not by reference. */
  readonly deepHash?: boolean;
  /** Default `127.0.0.1`. */
  readonly host?: string;
}

/** An app that listens on a free port, and is closed when the test has ended. */
export class TestApp {
  constructor(
    readonly app: INestApplication,
    readonly server: ServerKind,
    /** Records the spans of the instance that `telemetry` describes. */
    readonly recorder: SpanRecorder,
    readonly url: string,
    private readonly shutDown: () => Promise<void>,
  ) {}

  get port(): number {
    return Number(new URL(this.url).port);
  }

  send(request: ClientRequest): Promise<ClientResponse> {
    return send(this.url, this.server.http2, request);
  }

  get(path: string, headers: NonNullable<ClientRequest['headers']> = {}): Promise<ClientResponse> {
    return this.send({ path, headers });
  }

  /** Starts a request that the test will read in steps, or cut off. */
  open(request: ClientRequest): OpenExchange {
    return open(this.url, this.server.http2, request);
  }

  close(): Promise<void> {
    return this.shutDown();
  }
}

/** Starts an app whose root module has what the options name, traced by a {@link TelemetryTestingModule}. */
export async function startApp(options: TestAppOptions): Promise<TestApp> {
  const { server = EXPRESS, telemetry = {}, setup, logger = false, host = '127.0.0.1' } = options;
  const instance = telemetry === false ? undefined : TelemetryTestingModule.forRoot(telemetry);
  const app = await NestFactory.create(
    options.root ?? appModule(options, instance === undefined ? [] : [instance]),
    server.adapter() as AbstractHttpAdapter,

    {
      logger,
      abortOnError: false,
      forceCloseConnections: true,
      moduleIdGeneratorAlgorithm: options.deepHash === true ? 'deep-hash' : 'reference',
    },
  );
  let closed: Promise<void> | undefined;
  const shutDown = (): Promise<void> => (closed ??= app.close());
  onTestFinished(shutDown);
  await setup?.(app);
  await app.listen(0, host);
  const address = app.getHttpServer().address() as { port: number };
  const url = `${server.scheme}://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  const recorder = instance === undefined ? new SpanRecorder() : app.get(SpanRecorder, { strict: false });
  return new TestApp(app, server, recorder, url, shutDown);
}

/** A root module of its own, so that apps of one test file share no metadata. */
export function appModule(metadata: ModuleMetadata, more: ModuleMetadata['imports'] = []): Type {
  const { imports = [], controllers = [], providers = [], exports = [] } = metadata;
  class AppModule {}
  Module({ imports: [...more, ...imports], controllers, providers, exports })(AppModule);
  return AppModule;
}
