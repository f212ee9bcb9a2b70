import { isFailed, resourceService, type StoredLog, type StoredSpan } from './stored-span.js';

/**
 * The most spans of one trace. Further ones are only counted, so that a runaway loop does not displace
 * other traces.
 */
const MAX_SPANS = 20_000;
const MAX_LOGS = 2000;

/** One row of the list of traces. */
export interface TraceSummary {
  readonly traceId: string;
  /** The name of the trace's first span, if it is stored. */
  readonly name: string;
  readonly service: string;
  readonly services: readonly string[];
  readonly route: string | undefined;
  /** The start in milliseconds since the epoch. */
  readonly start: number;
  readonly durationMillis: number;
  readonly status: 'ok' | 'error' | 'open';
  readonly statusCode: number | undefined;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly droppedSpans: number;
}

/** The spans and logs of one trace, in the order of their arrival. */
export class StoredTrace {
  readonly spans = new Map<string, StoredSpan>();
  readonly logs: StoredLog[] = [];
  bytes = 0;
  errors = 0;
  droppedSpans = 0;
  start = Infinity;
  end = 0;
  /** The number of the store's change that last changed this trace. */
  version = 0;
  private first: StoredSpan | undefined;

  constructor(
    readonly traceId: string,
    private readonly maxBytes: number,
  ) {}

  /** Adds a span, or updates an open one. @returns whether there was room */
  add(span: StoredSpan): boolean {
    const known = this.spans.get(span.spanId);
    const more = span.bytes - (known?.bytes ?? 0);
    if (known === undefined && (this.spans.size >= MAX_SPANS || this.bytes + more > this.maxBytes)) {
      this.droppedSpans += 1;
      return false;
    }
    this.spans.set(span.spanId, span);
    this.bytes += more;
    if (isFailed(span) && (known === undefined || !isFailed(known))) this.errors += 1;
    this.start = Math.min(this.start, span.start);
    this.end = Math.max(this.end, span.end ?? span.start);
    if (this.first === undefined || this.first.spanId === span.spanId || begins(span, this.first)) {
      this.first = span;
    }
    return true;
  }

  log(record: StoredLog): void {
    const bytes = 200 + record.body.length * 2;
    if (this.logs.length >= MAX_LOGS || this.bytes + bytes > this.maxBytes) return;
    this.logs.push(record);
    this.bytes += bytes;
  }

  /** Returns the first span of the trace, or the earliest stored one. */
  get root(): StoredSpan | undefined {
    return this.first;
  }

  get durationMillis(): number {
    return Math.max(0, this.end - this.start);
  }

  summary(): TraceSummary {
    const { root } = this;
    const open = root !== undefined && root.end === undefined;
    return {
      traceId: this.traceId,
      name: root?.name ?? '(logs only)',
      service: root === undefined ? '' : resourceService(root.resource),
      services: this.services(),
      route: textOf(root?.attributes['http.route']),
      start: this.start === Infinity ? (this.logs[0]?.time ?? 0) : this.start,
      durationMillis: root?.end === undefined ? this.durationMillis : Math.max(0, root.end - root.start),
      status: open ? 'open' : this.errors > 0 ? 'error' : 'ok',
      statusCode: numberOf(root?.attributes['http.response.status_code']),
      spanCount: this.spans.size,
      errorCount: this.errors,
      droppedSpans: this.droppedSpans,
    };
  }

  private services(): string[] {
    const names = new Set<string>();
    for (const { resource } of this.spans.values()) names.add(resourceService(resource));
    return [...names];
  }
}

/** Whether a span is nearer to the start of the trace than another. */
function begins(span: StoredSpan, than: StoredSpan): boolean {
  if (than.parentSpanId === span.spanId) return true;
  if (span.parentSpanId === undefined) return than.parentSpanId !== undefined || span.start < than.start;
  return than.parentSpanId !== undefined && span.spanId !== than.parentSpanId && span.start < than.start;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
