import type { ServerResponse } from 'node:http';
import type { TraceSummary } from '../store/stored-trace.js';

/** How often changes are told, in milliseconds. */
const INTERVAL_MILLIS = 250;
const MAX_LISTENERS = 20;
/** A page that does not read is let go before its backlog grows. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

/** Tells pages of traces that changed, as server-sent events; costs nothing while no page listens. */
export class LiveFeed {
  private readonly listeners = new Map<ServerResponse, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly changes: (version: number) => {
      readonly version: number;
      readonly changed: readonly TraceSummary[];
    },
  ) {}

  /** @returns whether there was room for one more */
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
