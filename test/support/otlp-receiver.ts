import { ReceiverProcess, startReceiverProcess } from './receiver-process.js';

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

/** Receives spans; see {@link ReceiverProcess}. */
export class OtlpReceiver extends ReceiverProcess<{ readonly spans?: ReceivedSpan[] }> {
  readonly spans: ReceivedSpan[] = [];

  static async start(): Promise<OtlpReceiver> {
    return new OtlpReceiver(
      await startReceiverProcess(new URL('./otlp-receiver-process.mjs', import.meta.url)),
    );
  }

  waitUntil(condition: (spans: readonly ReceivedSpan[]) => boolean, timeoutMillis = 10_000): Promise<void> {
    return this.until(() => condition(this.spans), timeoutMillis);
  }

  waitForCount(count: number, timeoutMillis?: number): Promise<void> {
    return this.waitUntil((spans) => spans.length >= count, timeoutMillis);
  }

  /** Forgets what has come. */
  clear(): void {
    this.spans.length = 0;
    this.requests.length = 0;
  }

  protected receive({ spans = [] }: { readonly spans?: ReceivedSpan[] }): void {
    this.spans.push(...spans);
  }

  protected names(): string[] {
    return this.spans.map(({ name }) => name);
  }
}
