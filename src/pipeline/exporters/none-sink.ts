import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { ExporterStatus, SpanSink } from '../span-sink.js';
import { SinkAccount } from '../sink-account.js';

/** Counts every span as delivered and keeps none. */
export class NoneSink implements SpanSink {
  private readonly account = new SinkAccount('none');
  private closed = false;

  acceptSpan(_span: ReadableSpan): void {
    this.account.countEnded();
    if (this.closed) this.account.countDropped('shutdown');
    else this.account.countDelivered();
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(_timeoutMillis?: number): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  status(): ExporterStatus {
    return this.account.status();
  }
}
