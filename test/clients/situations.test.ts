import { once } from 'node:events';
import http from 'node:http';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { describe, onTestFinished } from 'vitest';
import { startEchoServer } from '../support/echo-server.js';
import { MongoServer } from '../support/mongo-server.js';
import { PostgresServer } from '../support/postgres-server.js';
import { testSituations } from './situations.js';

describe('calls by fetch', () => {
  testSituations(async () => {
    const { url } = await startEchoServer();
    return { name: 'POST', call: async () => (await fetch(url, { method: 'POST' })).text() };
  });
});

describe('calls by node:http', () => {
  testSituations(async () => {
    const { port } = await startEchoServer();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 3 });
    onTestFinished(() => agent.destroy());
    return {
      name: 'POST',
      call: async () => {
        const request = http.request({ host: '127.0.0.1', port, agent, method: 'POST' }).end();
        const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
        await once(answer.resume(), 'end');
      },
    };
  });
});

describe('statements of pg', () => {
  testSituations(async () => {
    const { port } = await PostgresServer.start();
    const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'app', database: 'shop', max: 3 });
    onTestFinished(() => pool.end());
    return { name: 'SELECT orders', call: () => pool.query('SELECT * FROM orders WHERE id = 7') };
  });
});

describe('commands of mongodb', () => {
  testSituations(async () => {
    const { url } = await MongoServer.start();
    const client = new MongoClient(url, { maxPoolSize: 3 });
    onTestFinished(() => client.close());
    return { name: 'find orders', call: () => client.db().collection('orders').findOne() };
  });
});
