import { createServer, get } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { TracerManager } from 'nestjs-telemetry';
import { Pool } from 'pg';

// Servers that know one answer, in this process.
const http = createServer((_request, response) => response.end('hello'));
const redis = createTcpServer((socket) => {
  socket.on('data', (chunk) => {
    for (const _command of chunk.toString().matchAll(/^\*\d/gm)) socket.write('+OK\r\n');
  });
});
const postgres = createTcpServer((socket) => {
  const ready = message('Z', 'I');
  socket.once('data', () => {
    socket.write(message('R', '\0\0\0\0') + ready, 'latin1');
    socket.on('data', (chunk) => {
      if (chunk[0] === 0x51) socket.write(message('C', 'SELECT 0\0') + ready, 'latin1');
    });
  });
});

function message(type: string, body: string): string {
  return `${type}\0\0\0${String.fromCharCode(body.length + 4)}${body}`;
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Has its clients as fields, as services of users do. */
@Injectable()
class StockService {
  private readonly redis = new Redis({
    lazyConnect: true,
    host: '127.0.0.1',
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  private readonly pool = new Pool({ host: '127.0.0.1', user: 'shop', database: 'shop' });

  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  async call(): Promise<void> {
    const url = `http://127.0.0.1:${await portOf(http)}/`;
    this.redis.options.port = await portOf(redis);
    this.pool.options.port = await portOf(postgres);
    await this.redis.connect();
    await this.tracing.withSpan('calls', async () => {
      await (await fetch(`${url}fetch`)).text();
      await new Promise((resolve) => get(`${url}node`, (answer) => answer.resume().on('end', resolve)));
      await this.redis.set('key', 'value');
      await this.pool.query('SELECT id FROM orders');
    });
    this.redis.disconnect();
    await this.pool.end();
    for (const server of [http, redis, postgres]) server.close();
  }
}

export const callProviders = [StockService];

export async function makeCalls(app: { get(token: typeof StockService): StockService }): Promise<void> {
  await app.get(StockService).call();
}
