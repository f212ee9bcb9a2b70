import http from 'node:http';
import { createRequire } from 'node:module';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TelemetryModuleOptions } from '../../src/index.js';
import { startEchoServer } from '../support/echo-server.js';
import { LogRecorder } from '../support/log-recorder.js';
import { callsOf, startCallingApp } from './calling-app.js';

async function startLines(telemetry: TelemetryModuleOptions = {}): Promise<string[]> {
  const logger = new LogRecorder();
  await startCallingApp(() => 'unused', telemetry, { logger });
  return logger.lines('warn');
}

/** Loads a package that has nothing but a name and a version. */
function loadPackage(name: string, version: string): void {
  const root = mkdtempSync(join(tmpdir(), 'nestjs-telemetry-package-'));
  const folder = join(root, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version }));
  writeFileSync(join(folder, 'index.js'), '');
  const require = createRequire(join(root, 'index.js'));
  require(name);
  const { cache } = require;
  onTestFinished(() => {
    // Also where the temporary folder is a link.
    for (const file of Object.keys(cache)) if (file.includes(join('node_modules', name))) delete cache[file];
    rmSync(root, { recursive: true });
  });
}

describe('an instance that lists an official instrumentation', () => {
  it('has one span for each call', async () => {
    const { url, received } = await startEchoServer();
    const instrumentations = [new HttpInstrumentation({ enabled: false }), new UndiciInstrumentation()];
    const app = await startCallingApp(
      async () => {
        await (await fetch(`${url}/fetch`)).text();
        await new Promise((resolve) =>
          http.get(`${url}/get`, (answer) => answer.resume().on('end', resolve)),
        );
      },
      { instrumentations },
    );
    const calls = await callsOf(app);
    expect(calls.map(({ scope }) => scope)).toEqual([
      '@opentelemetry/instrumentation-undici',
      '@opentelemetry/instrumentation-http',
    ]);
    const ids = app.recorder
      .spans()
      .filter(({ kind, parentSpanContext: parent }) => kind === 2 && parent !== undefined);
    expect(received.map(({ headers }) => headers.traceparent)).toEqual(
      ids.map((span) => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`),
    );
  });

  it('hears of one that patches nothing', async () => {
    expect(await startLines({ instrumentations: [new PgInstrumentation()] })).toEqual([
      '@opentelemetry/instrumentation-pg patches nothing: pg, pg-pool is not among the loaded modules. ' +
        'Remove it, or pass the module: `{ instrumentation, modules: { … } }`.',
    ]);
    expect(await startLines({ instrumentations: [new UndiciInstrumentation()] })).toEqual([]);
  });
});

describe('an app that starts', () => {
  it('hears of a library whose version publishes nothing, and which one does', async () => {
    loadPackage('ioredis', '5.10.1');
    loadPackage('@redis/client', '6.3.0');
    expect(await startLines()).toEqual([
      'Calls of ioredis make no spans: ioredis 5.10.1 publishes none. Version 5.11.0 needs nothing; ' +
        'for this one, list `@opentelemetry/instrumentation-ioredis` in `instrumentations`.',
    ]);
    expect(await startLines({ clients: false })).toEqual([]);
  });

  it('hears of a global tracer provider', async () => {
    trace.setGlobalTracerProvider(new BasicTracerProvider());
    onTestFinished(() => trace.disable());
    expect(await startLines()).toEqual([
      'A global OpenTelemetry tracer provider is registered: outgoing calls may have spans of both. ' +
        'Remove one of them, or say `clients: false`. A `traceparent` that is on a request already is kept.',
    ]);
  });

  it('hears of a library that has patched node:http', async () => {
    const { request } = http;
    const patched = Object.assign((...args: Parameters<typeof request>) => request(...args), {
      __wrapped: true,
    });
    http.request = patched as typeof request;
    onTestFinished(() => void (http.request = request));
    expect(await startLines()).toEqual([
      'Another library has patched `http.request`: outgoing calls may have spans of both. ' +
        'Remove one of them, or say `clients: false`. A `traceparent` that is on a request already is kept.',
    ]);
  });
});
