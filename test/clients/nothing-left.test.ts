import diagnostics from 'node:diagnostics_channel';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import nodeModule from 'node:module';
import { Cluster, Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import mongoose from 'mongoose';
import mysql from 'mysql2';
import pg from 'pg';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { CLIENT_SOURCES } from '../../src/clients/client-sources.js';
import { startCallingApp } from './calling-app.js';
import { HTTP_CHANNELS } from './http-channels.js';
import { startSilentServer } from './silent-server.js';

/** What libraries publish, and Node. */
const CHANNELS = [
  ...HTTP_CHANNELS,
  ...[
    ...['ioredis', 'node-redis'].flatMap((name) => [`${name}:command`, `${name}:batch`, `${name}:connect`]),
    ...['query', 'execute', 'connect', 'pool:connect'].map((name) => `mysql2:${name}`),
    ...['query', 'aggregate', 'model:save', 'model:insertMany', 'model:bulkWrite', 'cursor:next'].map(
      (name) => `mongoose:${name}`,
    ),
    'module.require',
    'module.import',
  ].flatMap((name) =>
    ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((event) => `tracing:${name}:${event}`),
  ),
];

const PLACES: Readonly<Record<string, object>> = {
  http,
  https,
  http2,
  module: nodeModule,
  Redis: Redis.prototype,
  Cluster: Cluster.prototype,
  Pipeline: Object.getPrototypeOf(new Redis({ lazyConnect: true }).pipeline()) as object,
  MongoClient: MongoClient.prototype,
  pg: pg.Client.prototype,
  mysql2: Object.getPrototypeOf(mysql.Connection.prototype) as object,
  Connection: mysql.Connection.prototype,
  Pool: pg.Pool.prototype,
};

/** Every function of those places, and every channel that somebody listens to. */
function footprint(): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const name of CHANNELS) if (diagnostics.hasSubscribers(name)) found.set(name, true);
  for (const [place, target] of Object.entries(PLACES)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(target))) {
      if (typeof value === 'function') found.set(`${place}.${name}`, value);
    }
  }
  return found;
}

function changes(before: Map<string, unknown>): string[] {
  const now = footprint();
  const names = new Set([...before.keys(), ...now.keys()]);
  return [...names].filter((name) => before.get(name) !== now.get(name)).sort();
}

const libraries = [...new Set(CLIENT_SOURCES.map(({ library }) => library))];
const loaded = [mongoose, createClient];

describe('outgoing calls', () => {
  it.each<[string, TelemetryModuleOptions, TelemetryModuleOptions]>([
    ['the instance is switched off', { enabled: false }, { enabled: true }],
    ['clients are switched off', { clients: false }, { clients: {} }],
    [
      'each library is switched off',
      { clients: Object.fromEntries(libraries.map((library) => [library, false])) },
      { clients: Object.fromEntries(libraries.map((library) => [library, true])) },
    ],
  ])('leave no subscriber and no patched function behind when %s', async (_when, off, on) => {
    expect(loaded).not.toContain(undefined);
    const silent = `http://127.0.0.1:${await startSilentServer()}`;
    const before = footprint();
    const app = await startCallingApp(() => {
      http.get(silent, { agent: false }).on('error', () => {});
      fetch(silent).catch(() => {});
    });
    expect((await app.get('/call')).status).toBe(200);
    const during = changes(before);
    expect(during).toEqual(
      expect.arrayContaining([
        'http2.connect',
        'undici:request:create',
        'tracing:ioredis:command:start',
        'tracing:node-redis:batch:start',
        'tracing:mysql2:query:start',
        'tracing:mongoose:query:start',
        'Redis.sendCommand',
        'Pipeline.sendCommand',
        'MongoClient.connect',
        'pg.query',
        'mysql2.query',
      ]),
    );
    const manager = app.app.get(TracerManager);
    await manager.reconfigure(off);
    expect(changes(before)).toEqual([]);
    await manager.reconfigure(on);
    expect(changes(before)).toEqual(during);
    await app.close();
    expect(changes(before)).toEqual([]);
  });

  it.each(libraries)('of %s alone leave nothing of it behind', async (library) => {
    const before = footprint();
    const all = await startCallingApp(() => 'unused');
    const everything = changes(before);
    await all.app.get(TracerManager).reconfigure({ clients: { [library]: false } });
    const others = changes(before);
    expect(others.length).toBeGreaterThan(0);
    expect(everything).toEqual(expect.arrayContaining(others));
    const second = await startCallingApp(() => 'unused');
    expect(changes(before)).toEqual(everything);
    await second.close();
    expect(changes(before)).toEqual(others);
    await all.close();
    expect(changes(before)).toEqual([]);
  });
});
