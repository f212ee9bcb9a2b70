import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface ReceivedRequest {
  readonly transport: 'grpc' | 'http';
  readonly path: string;
  /** gRPC metadata, or HTTP headers. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A receiver that has started in a child process. */
export interface StartedProcess {
  readonly child: ChildProcess;
  readonly grpcUrl: string;
  readonly httpUrl: string;
}

export async function startReceiverProcess(script: URL): Promise<StartedProcess> {
  const child = fork(script);
  const [{ grpcUrl, httpUrl }] = await once(child, 'message');
  return { child, grpcUrl, httpUrl };
}

/** A real OTLP receiver in a child process; not written by us, so a check of what is on the wire. */
export abstract class ReceiverProcess<Message extends object> {
  readonly requests: ReceivedRequest[] = [];
  readonly grpcUrl: string;
  readonly httpUrl: string;
  private readonly child: ChildProcess;
  private readonly waiting = new Set<() => void>();

  constructor({ child, grpcUrl, httpUrl }: StartedProcess) {
    this.child = child;
    this.grpcUrl = grpcUrl;
    this.httpUrl = httpUrl;
    child.on('message', (message: Message & { request?: ReceivedRequest }) => {
      if (message.request !== undefined) this.requests.push(message.request);
      this.receive(message);
      for (const check of this.waiting) check();
    });
  }

  protected abstract receive(message: Message): void;

  /** What has come, for an error. */
  protected abstract names(): Iterable<string>;

  /** Resolves as soon as the condition holds. @throws Error that lists what has come, when the time is up */
  protected until(condition: () => boolean, timeoutMillis: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(check);
      };
      const check = (): void => {
        if (!condition()) return;
        done();
        resolve();
      };
      const timer = setTimeout(() => {
        done();
        const names = [...new Set(this.names())].join(', ');
        reject(new Error(`Not received within ${timeoutMillis} ms. Received: ${names || 'nothing'}.`));
      }, timeoutMillis);
      this.waiting.add(check);
      check();
    });
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}
