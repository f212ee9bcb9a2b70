import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * Speaks as much of the PostgreSQL protocol as the `pg` client needs: every query answers one row with its
 * own text. Answers wait for their turn on the event loop, so that queries of several connections overlap.
 *
 * @see {@link https://www.postgresql.org/docs/current/protocol-message-formats.html | Message formats}
 */
export class PostgresServer {
  readonly queries: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<PostgresServer> {
    const server = createServer();
    const postgres = new PostgresServer(server);
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      postgres.serve(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return postgres;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  private serve(socket: Socket): void {
    let pending = Buffer.alloc(0);
    let started = false;
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const header = started ? 1 : 0;
        if (pending.length < header + 4) return;
        const length = header + pending.readInt32BE(header);
        if (pending.length < length) return;
        const type = started ? String.fromCharCode(pending[0]!) : 'startup';
        const body = pending.subarray(header + 4, length);
        pending = pending.subarray(length);
        if (type === 'startup') {
          started = true;
          socket.write(Buffer.concat([message('R', int32(0)), READY]));
        } else if (type === 'P') {
          text = cString(body, body.indexOf(0) + 1);
        } else if (type === 'Q' || type === 'S') {
          const query = type === 'Q' ? cString(body, 0) : text;
          this.queries.push(query);
          setImmediate(() =>
            socket.write(
              type === 'Q' ? answer(query) : Buffer.concat([message('1'), message('2'), answer(query)]),
            ),
          );
        } else if (type === 'X') {
          socket.end();
        }
      }
    });
  }
}

const READY = message('Z', Buffer.from('I'));

function message(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function answer(query: string): Buffer {
  const value = Buffer.from(query);
  const column = Buffer.concat([
    Buffer.from('query\0'),
    int32(0),
    int16(0),
    int32(25),
    int16(-1),
    int32(-1),
    int16(0),
  ]);
  return Buffer.concat([
    message('T', int16(1), column),
    message('D', int16(1), int32(value.length), value),
    message('C', Buffer.from('SELECT 1\0')),
    READY,
  ]);
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function cString(buffer: Buffer, start: number): string {
  return buffer.toString('utf8', start, buffer.indexOf(0, start));
}
