import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * A TCP connection on which a test writes HTTP/1.1 byte by byte: pipelining, odd methods, malformed targets.
 */
export class RawConnection {
  private received = '';
  private readonly changed = new Set<() => void>();

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.received += chunk;
      this.wake();
    });
    socket.on('close', () => {
      this.wake();
    });
    socket.on('error', () => {});
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Writes lines with CRLF between them and an empty line behind. */
  write(...lines: string[]): this {
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    return this;
  }

  writeRaw(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /**
   * Status codes in order, once that many responses have begun; fewer if the server
   * has closed the connection.
   */
  async statuses(count: number): Promise<number[]> {
    for (;;) {
      const statuses = [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) =>
        Number(status),
      );
      if (statuses.length >= count || this.socket.destroyed) return statuses;
      await new Promise<void>((resolve) => {
        this.changed.add(resolve);
      });
    }
  }

  /** Everything that has come so far. */
  get text(): string {
    return this.received;
  }

  close(): void {
    this.socket.destroy();
  }

  private wake(): void {
    for (const resolve of this.changed) resolve();
    this.changed.clear();
  }
}
