import { isFailed, type StoredLog, type StoredSpan } from './stored-span.js';
import { StoredTrace, type TraceSummary } from './stored-trace.js';

/** Limits of the store. */
export interface TraceStoreOptions {
  /** The most traces to keep; default 1,000. */
  readonly maxTraces?: number;
  /** The approximate memory for traces, in bytes; default 64 MiB. */
  readonly maxBytes?: number;
  /** The duration from which a trace counts as slow and is kept longer, in milliseconds; default 1,000. */
  readonly slowMillis?: number;
}

/** The numbers of stored and evicted traces. */
export interface TraceStoreStatus {
  readonly traces: number;
  readonly spans: number;
  readonly bytes: number;
  readonly evictedTraces: number;
  readonly droppedSpans: number;
}

const DEFAULTS = { maxTraces: 1000, maxBytes: 64 * 1024 * 1024, slowMillis: 1000 };
/** The largest share of the memory that one trace may take. */
const TRACE_SHARE = 0.5;

/**
 * Keeps the newest traces, limited in number and bytes. Ordinary traces are evicted first; failed and slow
 * ones may fill half of the store before they are evicted, too.
 *
 *     add ──▶ ordinary (oldest first) ──▶ evicted
 *               │ fails, or gets slow        ▲
 *               ▼                            │ only what is over half of the store
 *             notable  (oldest first) ───────┘
 */
export class TraceStore {
  private readonly options: Required<TraceStoreOptions>;
  private readonly ordinary = new Map<string, StoredTrace>();
  private readonly notable = new Map<string, StoredTrace>();
  private bytes = 0;
  private notableBytes = 0;
  private evicted = 0;
  private dropped = 0;
  private version = 0;

  constructor(options: TraceStoreOptions = {}) {
    this.options = { ...DEFAULTS, ...options };
  }

  add(span: StoredSpan): void {
    const trace = this.traceOf(span.traceId);
    const before = trace.bytes;
    if (!trace.add(span)) this.dropped += 1;
    this.changed(trace, before);
    const slow = span.end !== undefined && span.end - span.start >= this.options.slowMillis;
    if (slow || isFailed(span)) this.keepLonger(trace);
  }

  log(record: StoredLog): void {
    const trace = this.traceOf(record.traceId);
    const before = trace.bytes;
    trace.log(record);
    this.changed(trace, before);
  }

  get(traceId: string): StoredTrace | undefined {
    return this.ordinary.get(traceId) ?? this.notable.get(traceId);
  }

  /** Returns the traces, newest first. */
  all(): StoredTrace[] {
    const traces = [...this.ordinary.values(), ...this.notable.values()];
    return traces.sort((a, b) => b.start - a.start);
  }

  /** Returns the traces that changed after a version, and the version for the next call. */
  since(version: number): { readonly version: number; readonly changed: TraceSummary[] } {
    if (version >= this.version) return { version: this.version, changed: [] };
    const changed = this.all().filter((trace) => trace.version > version);
    return { version: this.version, changed: changed.map((trace) => trace.summary()) };
  }

  clear(): void {
    this.ordinary.clear();
    this.notable.clear();
    this.bytes = 0;
    this.notableBytes = 0;
    this.version += 1;
  }

  status(): TraceStoreStatus {
    let spans = 0;
    for (const trace of this.ordinary.values()) spans += trace.spans.size;
    for (const trace of this.notable.values()) spans += trace.spans.size;
    return {
      traces: this.size,
      spans,
      bytes: this.bytes,
      evictedTraces: this.evicted,
      droppedSpans: this.dropped,
    };
  }

  private get size(): number {
    return this.ordinary.size + this.notable.size;
  }

  private traceOf(traceId: string): StoredTrace {
    let trace = this.get(traceId);
    if (trace === undefined) {
      trace = new StoredTrace(traceId, this.options.maxBytes * TRACE_SHARE);
      this.ordinary.set(traceId, trace);
    }
    return trace;
  }

  private changed(trace: StoredTrace, bytesBefore: number): void {
    this.version += 1;
    trace.version = this.version;
    this.bytes += trace.bytes - bytesBefore;
    if (this.notable.has(trace.traceId)) this.notableBytes += trace.bytes - bytesBefore;
    const { maxTraces, maxBytes } = this.options;
    while (this.size > maxTraces || (this.bytes > maxBytes && this.size > 1)) this.evictOldest(trace);
  }

  private keepLonger(trace: StoredTrace): void {
    if (!this.ordinary.delete(trace.traceId)) return;
    this.notable.set(trace.traceId, trace);
    this.notableBytes += trace.bytes;
  }

  /**
   * Evicts a trace: the oldest ordinary one, unless notable traces take more than half of a limit.
   *
   * @param newest - the trace that has just changed, which stays
   */
  private evictOldest(newest: StoredTrace): void {
    const { maxTraces, maxBytes } = this.options;
    const full = this.notable.size > maxTraces / 2 || this.notableBytes > maxBytes / 2;
    const [first, second] = full ? [this.notable, this.ordinary] : [this.ordinary, this.notable];
    const oldest = oldestOf(first, newest) ?? oldestOf(second, newest);
    if (oldest === undefined) return;
    this.ordinary.delete(oldest.traceId);
    if (this.notable.delete(oldest.traceId)) this.notableBytes -= oldest.bytes;
    this.bytes -= oldest.bytes;
    this.evicted += 1;
  }
}

function oldestOf(traces: Map<string, StoredTrace>, except: StoredTrace): StoredTrace | undefined {
  for (const trace of traces.values()) if (trace !== except) return trace;
  return undefined;
}
