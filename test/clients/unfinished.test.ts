import http from 'node:http';
import http2 from 'node:http2';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import mysql from 'mysql2';
import { createClient } from 'redis';
import * as undici from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { TracerManager } from '../../src/index.js';
import { shapeOf } from '../support/span-shape.js';
import type { TestApp } from '../support/test-app.js';
import { startCallingApp } from './calling-app.js';
import { startSilentServer } from './silent-server.js';

const host = '127.0.0.1';
const noop = (): void => {};

/** Calls that never end, by library: the name of the span, the option, and a function that begins the call. */
const calls: Readonly<Record<string, readonly [string, string, (port: number) => unknown]>> = {
  fetch: ['GET', 'http', (port) => fetch(`http://${host}:${port}`).catch(noop)],
  undici: ['GET', 'http', (port) => undici.request(`http://${host}:${port}`).catch(noop)],
  'node:http': ['GET', 'http', (port) => http.get({ host, port, agent: false }).on('error', noop)],
  'node:http2': [
    'GET',
    'http',
    (port) => {
      const session = http2.connect(`http://${host}:${port}`).on('error', noop);
      session.request({ ':path': '/' }).on('error', noop);
      onTestFinished(() => session.destroy());
    },
  ],
  ioredis: [
    'GET',
    'redis',
    (port) => {
      const client = new Redis({ host, port, enableReadyCheck: false }).on('error', noop);
      client.get('key').catch(noop);
      onTestFinished(() => client.disconnect());
    },
  ],
  redis: [
    'GET',
    'redis',
    (port) => {
      const client = createClient({ socket: { host, port } }).on('error', noop);
      client.connect().catch(noop);
      client.get('key').catch(noop);
      onTestFinished(() => client.destroy());
    },
  ],
  mysql2: [
    'SELECT',
    'mysql',
    (port) => {
      const connection = mysql.createConnection({ host, port });
      connection.on('error', noop);
      connection.query('SELECT 1', noop);
      onTestFinished(() => connection.destroy());
    },
  ],
  mongoose: [
    'findOne things',
    'mongodb',
    () => {
      const connection = mongoose.createConnection();
      connection.model('Thing', new mongoose.Schema({})).findOne().exec().catch(noop);
      onTestFinished(() => connection.destroy());
    },
  ],
};

const ends: Readonly<Record<string, (app: TestApp, library: string) => Promise<unknown>>> = {
  'clients are switched off': ({ app }) => app.get(TracerManager).reconfigure({ clients: false }),
  'its library is switched off': ({ app }, library) =>
    app.get(TracerManager).reconfigure({ clients: { [library]: false } }),
  'the instance is switched off': ({ app }) => app.get(TracerManager).reconfigure({ enabled: false }),
  'the app closes': (app) => app.close(),
};

const cases = Object.keys(calls).flatMap((call) => Object.keys(ends).map((end) => [call, end] as const));

it.each(cases)(
  'a call of %s that has not ended when %s ends its span then, and says so',
  async (call, end) => {
    const port = await startSilentServer();
    const [name, library, begin] = calls[call]!;
    const app = await startCallingApp(() => void begin(port));
    const manager = app.app.get(TracerManager);
    expect((await app.get('/call')).status).toBe(200);
    const server = await app.recorder.waitFor('GET /call');
    const children = () =>
      app.recorder
        .spans()
        .filter(({ parentSpanContext }) => parentSpanContext?.spanId === server.spanContext().spanId)
        .map(shapeOf);
    expect([children(), manager.status().spans.live]).toEqual([[], 1]);
    await ends[end]!(app, library);
    expect(
      children().map(({ name, status, attributes }) => [name, status, attributes['nestjs.call.unfinished']]),
    ).toEqual([[name, { code: 'UNSET' }, true]]);
    expect(manager.status().spans.live).toBe(0);
  },
);

it('a call goes on to its end when the library of another one is switched off', async () => {
  const port = await startSilentServer();
  const app = await startCallingApp(() => void fetch(`http://${host}:${port}`).catch(noop));
  const manager = app.app.get(TracerManager);
  await app.get('/call');
  await app.recorder.waitFor('GET /call');
  await manager.reconfigure({ clients: { redis: false } });
  expect(manager.status().spans.live).toBe(1);
});
