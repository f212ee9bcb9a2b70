import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A data point as it came off the wire. */
export interface ReceivedPoint {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'sum' | 'gauge' | 'histogram' | 'exponentialHistogram';
  readonly temporality?: 'delta' | 'cumulative';
  readonly monotonic?: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of sums and gauges. */
  readonly value?: number;
  /** Of histograms. */
  readonly count?: number;
  readonly sum?: number;
  readonly bounds?: readonly number[];
  readonly counts?: readonly number[];
  readonly start: number;
  readonly time: number;
  readonly scope: string;
  readonly resource: Readonly<Record<string, unknown>>;
}

interface ReceivedRequest {
  readonly transport: 'grpc' | 'http';
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A real OTLP receiver of metrics in a child process; not written by us, so a check of what is on the wire. */
export class MetricsReceiver {
  readonly points: ReceivedPoint[] = [];
  readonly requests: ReceivedRequest[] = [];
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly child: ChildProcess,
    readonly grpcUrl: string,
    readonly httpUrl: string,
  ) {
    child.on('message', (message: { request?: ReceivedRequest; points?: ReceivedPoint[] }) => {
      if (message.request !== undefined) this.requests.push(message.request);
      if (message.points !== undefined) this.points.push(...message.points);
      for (const check of this.waiting) check();
    });
  }

  /** Ends with the test. */
  static async start(): Promise<MetricsReceiver> {
    const child = fork(fileURLToPath(new URL('./metrics-receiver-process.mjs', import.meta.url)));
    const [{ grpcUrl, httpUrl }] = await once(child, 'message');
    const receiver = new MetricsReceiver(child, grpcUrl, httpUrl);
    onTestFinished(() => receiver.stop());
    return receiver;
  }

  /** The newest point of every series of an instrument, oldest series first. */
  latest(name: string): ReceivedPoint[] {
    const series = new Map<string, ReceivedPoint>();
    for (const point of this.points) {
      if (point.name === name) series.set(JSON.stringify(Object.entries(point.attributes).sort()), point);
    }
    return [...series.values()];
  }

  /** Resolves as soon as the condition holds. @throws Error that lists what has come, when the time is up */
  waitUntil(condition: () => boolean, timeoutMillis = 10_000): Promise<void> {
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
        const names = [...new Set(this.points.map(({ name }) => name))].join(', ');
        reject(new Error(`Not received within ${timeoutMillis} ms. Received: ${names || 'nothing'}.`));
      }, timeoutMillis);
      this.waiting.add(check);
      check();
    });
  }

  private async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}
