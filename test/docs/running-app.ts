import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TracerManager } from 'nestjs-telemetry';
import { onTestFinished, vi } from 'vitest';
import { OtlpReceiver } from '../support/otlp-receiver.js';

/** An app of an example, on a free port, until the test has ended. */
export interface RunningApp {
  readonly url: string;
  readonly manager: TracerManager;
  get<T>(type: Type<T>): T;
}

export async function run(module: Type): Promise<RunningApp> {
  const app = await NestFactory.create(module, {
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    manager: app.get(TracerManager, { strict: false }),
    get: (type) => app.get(type, { strict: false }),
  };
}

export async function startReceiver(): Promise<OtlpReceiver> {
  const receiver = await OtlpReceiver.start();
  onTestFinished(() => receiver.stop());
  return receiver;
}

/** Sets variables until the test has ended. */
export function setVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

/** What came with the first export of spans; metrics go to the same receiver. */
export function headersOfSpans(receiver: OtlpReceiver): Readonly<Record<string, unknown>> {
  const request = receiver.requests.find(({ path }) => /trace/i.test(path));
  if (request === undefined) throw new Error('No spans have come.');
  return request.headers;
}
