// CPU per message of a server, with and without this library, beside the same for an HTTP request. See bench/README.md.
import { spawn, spawnSync } from 'node:child_process';
import { Agent, get } from 'node:http';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { io } from 'socket.io-client';
import { freePort } from '../../test/support/server-program.mjs';
import { startProcess } from '../process.mjs';
import { geometricMean, interval, mean } from '../statistics.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '6' },
    messages: { type: 'string', default: '2000' },
  },
});
const messages = Number(options.messages);
Logger.overrideLogger(false);
const WARM_UP = 3;
const CONCURRENT = 16;

/** Each opens what a client needs, and sends one message. */
const clients = {
  http(port) {
    const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENT });
    return {
      send: () =>
        new Promise((resolve, reject) => {
          get({ port, host: '127.0.0.1', path: '/sum', agent }, (response) => {
            response.resume().once('end', resolve);
          }).once('error', reject);
        }),
      close: () => agent.destroy(),
    };
  },
  tcp: (port) => nestClient({ transport: Transport.TCP, options: { host: '127.0.0.1', port } }),
  redis: (port) => nestClient({ transport: Transport.REDIS, options: { host: '127.0.0.1', port } }),
  'socket.io'(port) {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] });
    const waiting = [];
    socket.on('sum', () => waiting.shift()?.());
    return {
      send: () =>
        new Promise((resolve) => {
          waiting.push(resolve);
          socket.emit('sum', [1, 2, 3]);
        }),
      close: () => socket.close(),
    };
  },
};

function nestClient(given) {
  const client = ClientProxyFactory.create(given);
  return { send: () => lastValueFrom(client.send('sum', [1, 2, 3])), close: () => client.close() };
}

async function burst(client) {
  let left = messages;
  const worker = async () => {
    while (left-- > 0) await client.send();
  };
  await Promise.all(Array.from({ length: CONCURRENT }, worker));
}

/** CPU of the server per message, in microseconds, each row's in the order of its rounds. */
async function session(kind, receiverUrl) {
  const rows = [];
  for (const [name, traced] of [
    ['bare', false],
    ['A/A', false],
    ['traced', true],
  ]) {
    // A Redis each: servers of one would share the messages.
    const redis = kind === 'redis' ? await startRedis() : undefined;
    const argument = JSON.stringify({ kind, traced, receiverUrl, redisPort: redis?.port });
    const server = startProcess(new URL('server.mjs', import.meta.url), { args: [argument], core: 0 });
    const client = clients[kind](await server.ask('port'));
    rows.push({ name, server, client, redis, micros: [] });
  }
  for (let round = -WARM_UP; round < Number(options.rounds); round += 1) {
    const order = rows.map((row) => [Math.random(), row]).sort(([a], [b]) => a - b);
    for (const [, { server, client, micros }] of order) {
      const before = await server.ask('cpuMicros');
      await burst(client);
      await server.ask('flush');
      const spent = (await server.ask('cpuMicros')) - before;
      if (round >= 0) micros.push(spent / messages);
    }
  }
  for (const { client, server, redis } of rows) {
    client.close();
    await server.stop();
    redis?.process.kill();
  }
  return Object.fromEntries(rows.map(({ name, micros }) => [name, mean(micros).mean]));
}

async function startRedis() {
  const port = await freePort();
  const started = spawn('redis-server', ['--port', String(port), '--save', ''], { stdio: 'pipe' });
  for await (const text of started.stdout) if (String(text).includes('Ready to accept')) break;
  started.stdout?.resume();
  return { port, process: started };
}

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const kinds = Object.keys(clients).filter((kind) => kind !== 'redis' || hasRedis);
const receiver = startProcess(new URL('../request/receiver.mjs', import.meta.url), { core: 1 });
const receiverUrl = `http://127.0.0.1:${await receiver.ask('port')}`;
console.log(`Node ${process.versions.node}, ${options.sessions} sessions`);
console.log('| | bare, µs | A/A | traced | added, µs |\n| --- | --- | --- | --- | --- |');
for (const kind of kinds) {
  const sessions = [];
  for (let index = 0; index < Number(options.sessions); index += 1)
    sessions.push(await session(kind, receiverUrl));
  const ratio = (name) => interval(geometricMean(sessions.map((row) => row[name] / row.bare)));
  const bare = mean(sessions.map((row) => row.bare)).mean.toFixed(1);
  const added = interval(mean(sessions.map((row) => row.traced - row.bare)), 1);
  console.log(`| ${kind} | ${bare} | ${ratio('A/A')} | ${ratio('traced')} | ${added} |`);
}
if (!hasRedis) console.log('redis: left out, no redis-server');
const received = await receiver.ask('received');
const expected = Number(options.sessions) * (Number(options.rounds) + WARM_UP) * messages;
for (const kind of kinds) {
  const spans = received[kind]?.spans;
  if (spans !== expected) throw new Error(`${kind}: ${spans} spans of ${expected} were received`);
}
await receiver.stop();
process.exit();
