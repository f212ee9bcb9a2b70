import { Redis } from 'ioredis';
import { createPool } from 'mysql2/promise';
import { createClient } from 'redis';
import { describe, onTestFinished } from 'vitest';
import { testSituations } from '../situations.js';

const redisUrl = process.env['CLIENTS_REDIS_URL'] ?? '';
const mysqlUrl = process.env['CLIENTS_MARIADB_URL'] ?? '';

describe.runIf(redisUrl !== '')('commands of ioredis', () => {
  testSituations(async () => {
    const client = new Redis(redisUrl);
    onTestFinished(() => client.disconnect());
    return { name: 'GET', call: () => client.get('key') };
  });
});

describe.runIf(redisUrl !== '')('commands of ioredis in automatic pipelines', () => {
  testSituations(async () => {
    const client = new Redis(redisUrl, { enableAutoPipelining: true });
    onTestFinished(() => client.disconnect());
    return { name: 'GET', call: () => client.get('key') };
  });
});

describe.runIf(redisUrl !== '')('commands of redis', () => {
  testSituations(async () => {
    const client = createClient({ url: redisUrl });
    await client.connect();
    onTestFinished(() => client.destroy());
    return { name: 'GET', call: () => client.get('key') };
  });
});

describe.runIf(mysqlUrl !== '')('statements of mysql2', () => {
  testSituations(async () => {
    const pool = createPool({ uri: mysqlUrl, connectionLimit: 3 });
    onTestFinished(() => pool.end());
    return { name: 'SELECT', call: () => pool.execute('SELECT ? AS n', [1]) };
  });
});
