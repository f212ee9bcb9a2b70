import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { ExporterStatus, SpanSink } from '../span-sink.js';
import { spanToJsonLine } from './span-json.js';
import { SinkAccount } from '../sink-account.js';
import { StandardOutput, type Terminal } from '../../base/standard-output.js';

/** Prints each ended span as one line of JSON. */
export class ConsoleJsonSink implements SpanSink {
  private readonly account = new SinkAccount('console');
  private closed = false;

  constructor(private readonly terminal: Terminal = new StandardOutput()) {}

  acceptSpan(span: ReadableSpan): void {
    this.account.countEnded();
    if (this.closed) {
      this.account.countDropped('shutdown');
      return;
    }
    const line = lineOf(span);
    if (line instanceof Error) this.account.countOutcome(line);
    else this.terminal.write(`${line}\n`, (error) => this.account.countOutcome(error));
  }

  forceFlush(): Promise<void> {
    return this.account.settled();
  }

  async shutdown(timeoutMillis: number): Promise<void> {
    this.closed = true;
    await this.account.close(timeoutMillis);
  }

  status(): ExporterStatus {
    return this.account.status();
  }
}

function lineOf(span: ReadableSpan): string | Error {
  try {
    return spanToJsonLine(span);
  } catch (error) {
    return error instanceof Error ? error : new Error('a span is no JSON');
  }
}
