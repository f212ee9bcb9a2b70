import type { ServerResponse } from 'node:http';
import type { TraceSummary } from '../store/stored-trace.js';

/** The interval between two messages about changes, in milliseconds. */
const INTERVAL_MILLIS = 250;
const MAX_LISTENERS = 20;
/** The most bytes that wait for a page. A page that reads slower is disconnected. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

/** Sends changed traces to open pages as server-sent events; costs nothing without an open page. */
export class LiveFeed {
  private readonly listeners = new Map<ServerResponse, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly changes: (version: number) => {
      readonly version: number;
      readonly changed: readonly TraceSummary[];
    },
  ) {}

  /** Adds an open page, which then receives changed traces. @returns whether one more page could be added */
  add(response: ServerResponse): boolean {
    if (this.listeners.size >= MAX_LISTENERS) return false;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.write('retry: 1000\n\n');
    this.listeners.set(response, 0);
    response.once('close', () => this.remove(response));
    this.timer ??= setInterval(() => this.tell(), INTERVAL_MILLIS).unref();
    this.tell();
    return true;
  }

  close(): void {
    for (const response of this.listeners.keys()) response.destroy();
    this.listeners.clear();
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private remove(response: ServerResponse): void {
    this.listeners.delete(response);
    if (this.listeners.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tell(): void {
    for (const [response, seen] of this.listeners) {
      if (response.writableLength > MAX_BACKLOG_BYTES) {
        response.destroy();
        continue;
      }
      if (response.writableNeedDrain) continue;
      const { version, changed } = this.changes(seen);
      if (version === seen) continue;
      this.listeners.set(response, version);
      response.write(`data: ${JSON.stringify({ version, traces: changed })}\n\n`);
    }
  }
}
