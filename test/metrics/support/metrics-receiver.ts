import { onTestFinished } from 'vitest';
import { ReceiverProcess, startReceiverProcess } from '../../support/receiver-process.js';

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

/** Receives metrics; see {@link ReceiverProcess}. */
export class MetricsReceiver extends ReceiverProcess<{ readonly points?: ReceivedPoint[] }> {
  readonly points: ReceivedPoint[] = [];

  /** Ends with the test. */
  static async start(): Promise<MetricsReceiver> {
    const receiver = new MetricsReceiver(
      await startReceiverProcess(new URL('./metrics-receiver-process.mjs', import.meta.url)),
    );
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

  waitUntil(condition: () => boolean, timeoutMillis = 10_000): Promise<void> {
    return this.until(condition, timeoutMillis);
  }

  protected receive({ points = [] }: { readonly points?: ReceivedPoint[] }): void {
    this.points.push(...points);
  }

  protected names(): string[] {
    return this.points.map(({ name }) => name);
  }
}
