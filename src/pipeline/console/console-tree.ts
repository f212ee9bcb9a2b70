import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { ExporterStatus, SpanSink } from '../span-sink.js';
import { SinkAccount } from '../sink-account.js';
import { StandardOutput } from '../../base/standard-output.js';
import { TracePrinter, type PrintedAs } from './trace-printer.js';

let shared: TracePrinter | undefined;

/**
 * Returns the printer of standard output. All instances share it, so that a trace across two instances is
 * printed as one tree.
 */
function sharedPrinter(): TracePrinter {
  shared ??= new TracePrinter(new StandardOutput());
  return shared;
}

/** Prints each trace as a tree or as one line. */
export class ConsoleTreeSink implements SpanSink {
  private readonly account = new SinkAccount('console');
  private closed = false;

  /**
   * @param as - the layout; default: a tree, in colours only on a terminal and never with `NO_COLOR`
   * @param printer - the printer; default: that of standard output, shared by the process
   */
  constructor(
    private readonly as: PrintedAs = {},
    private readonly printer: TracePrinter = sharedPrinter(),
  ) {
    printer.addSink();
  }

  acceptSpan(span: ReadableSpan): void {
    this.account.countEnded();
    if (this.closed) this.account.countDropped('shutdown');
    else this.printer.add(span, this.account, this.as);
  }

  forceFlush(): Promise<void> {
    this.printer.flush(this.account);
    return this.account.settled();
  }

  async shutdown(timeoutMillis: number): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.printer.flush(this.account);
    this.printer.removeSink();
    await this.account.close(timeoutMillis);
  }

  status(): ExporterStatus {
    return this.account.status();
  }
}
