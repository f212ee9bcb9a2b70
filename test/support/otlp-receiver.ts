import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A span as it came off the wire. */
export interface ReceivedSpan {
  readonly name: string;
  /** `SERVER`, `INTERNAL` and so on. */
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** `UNSET`, `OK` or `ERROR`. */
  readonly status: string;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly traceState: string;
  readonly scope: string;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface ReceivedRequest {
  readonly transport: 'grpc' | 'http';
  readonly path: string;
  /** gRPC metadata, or HTTP headers. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A real OTLP receiver in a child process; not written by us, so a check of what is on the wire. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly requests: ReceivedRequest[] = [];
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly child: ChildProcess,
    readonly grpcUrl: string,
    readonly httpUrl: string,
  ) {
    child.on('message', (message: { request?: ReceivedRequest; spans?: ReceivedSpan[] }) => {
      if (message.request !== undefined) this.requests.push(message.request);
      if (message.spans !== undefined) this.spans.push(...message.spans);
      for (const check of this.waiting) check();
    });
  }

  static async start(): Promise<OtlpReceiver> {
    const child = fork(fileURLToPath(new URL('./otlp-receiver-process.mjs', import.meta.url)));
    const [{ grpcUrl, httpUrl }] = await once(child, 'message');
    return new OtlpReceiver(child, grpcUrl, httpUrl);
  }

  /** Resolves as soon as the condition holds. @throws Error that lists what has come, when the time is up */
  waitUntil(condition: (spans: readonly ReceivedSpan[]) => boolean, timeoutMillis = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(check);
      };
      const check = (): void => {
        if (!condition(this.spans)) return;
        done();
        resolve();
      };
      const timer = setTimeout(() => {
        done();
        const names = this.spans.map(({ name }) => name).join(', ');
        reject(new Error(`Not received within ${timeoutMillis} ms. Received: ${names || 'nothing'}.`));
      }, timeoutMillis);
      this.waiting.add(check);
      check();
    });
  }

  waitForCount(count: number, timeoutMillis?: number): Promise<void> {
    return this.waitUntil((spans) => spans.length >= count, timeoutMillis);
  }

  /** Forgets what has come. */
  clear(): void {
    this.spans.length = 0;
    this.requests.length = 0;
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}
