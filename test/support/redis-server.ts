import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * Speaks as much of the Redis protocol as `ioredis` and `redis` need: GET, SET, INFO, HELLO and whatever they
 * send while they connect.
 *
 * @see {@link https://redis.io/docs/latest/develop/reference/protocol-spec/ | RESP}
 */
export class RedisServer {
  private readonly values = new Map<string, string>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<RedisServer> {
    const server = createServer();
    const redis = new RedisServer(server);
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      redis.serve(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return redis;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  private serve(socket: Socket): void {
    let pending = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      pending += chunk;
      for (let parsed = parse(pending); parsed !== undefined; parsed = parse(pending)) {
        pending = pending.slice(parsed.length);
        const reply = this.reply(parsed.words);
        setImmediate(() => socket.write(reply));
      }
    });
  }

  private reply([command = '', key = '', value = '']: string[]): string {
    switch (command.toLowerCase()) {
      case 'get':
        return bulk(this.values.get(key));
      case 'set':
        this.values.set(key, value);
        return '+OK\r\n';
      case 'info':
        return bulk('redis_version:7.0.0\r\nloading:0\r\n');
      case 'hello':
        return `*2\r\n${bulk('proto')}:2\r\n`;
      default:
        return '+OK\r\n';
    }
  }
}

function bulk(text: string | undefined): string {
  return text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function parse(text: string): { words: string[]; length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  let at = head[0].length;
  const words: string[] = [];
  for (let index = 0; index < Number(head[1]); index += 1) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (size === null) return undefined;
    at += size[0].length;
    const end = at + Number(size[1]);
    if (text.length < end + 2) return undefined;
    words.push(text.slice(at, end));
    at = end + 2;
  }
  return { words, length: at };
}
