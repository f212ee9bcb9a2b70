import { TraceFlags, type Span } from '@opentelemetry/api';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import { activeContext } from '../../context/flow-context.js';
import { renderLines } from './render-line.js';
import { renderTrace } from './render-trace.js';
import type { SinkAccount } from '../sink-account.js';
import type { Terminal } from '../../base/standard-output.js';
import { painter } from './text-style.js';

/** The longest wait of a span for a parent that may never end. */
const ORPHAN_MILLIS = 1_000;
/**
 * The longest wait while a span of the trace is known to run, so that a slow request is printed as one
 * tree.
 */
const RUNNING_MILLIS = 5_000;
/** The time during which spans that end after their root are collected. */
const LATE_MILLIS = 100;
/** The most spans and remembered ids of printed spans, over all traces. */
const MAX_WEIGHT = 10_000;

interface Entry {
  readonly span: ReadableSpan;
  /** The accounts that count the span: one for each sink that received it. */
  readonly accounts: SinkAccount[];
  /**
   * Whether the span was already printed without its root. It is kept so that the whole tree can follow.
   */
  shown: boolean;
}

/** The layout of a sink's traces. */
export interface PrintedAs {
  /** Whether to use colours; default: as the terminal supports. */
  readonly color?: boolean | undefined;
  /** The layout; default `tree`. */
  readonly format?: 'tree' | 'line' | undefined;
}

interface Trace {
  readonly id: string;
  readonly as: PrintedAs;
  readonly entries: Map<string, Entry>;
  /** Ids of the spans that were printed under their root. */
  readonly printed: Set<string>;
  roots: Entry[];
  /** The arrival time of the oldest span that has not been printed, in milliseconds. */
  since: number;
  /** The latest time for printing the waiting spans; undefined if none waits. */
  due: number | undefined;
  rootName: string | undefined;
  running: Span | undefined;
}

/**
 * Collects the spans of a trace, of any instance, and prints them as one tree when the local root ends.
 *
 * A span whose parent has not ended within a second is printed without it, or within five seconds if its
 * trace is known to run. Spans that end after the root are printed as a small tree of their own. The
 * printer holds at most 10,000 spans; beyond that it prints the oldest trace.
 */
export class TracePrinter {
  private readonly traces = new Map<string, Trace>();
  private readonly ready = new Set<Trace>();
  private weight = 0;
  private sinks = 0;
  private immediate: NodeJS.Immediate | undefined;
  private timer: NodeJS.Timeout | undefined;
  private timerDue = Infinity;
  private readonly onExit = (): void => this.flush();

  constructor(private readonly terminal: Terminal) {}

  /** Registers a sink. While a sink is open, waiting spans are printed when the process exits. */
  addSink(): void {
    if (this.sinks++ === 0) process.on('exit', this.onExit);
  }

  removeSink(): void {
    if (--this.sinks === 0) process.off('exit', this.onExit);
  }

  /**
   * Adds a span; the span that completes its trace prints it.
   *
   * @param as - the layout; that of a trace's first span counts
   */
  add(span: ReadableSpan, account: SinkAccount, as: PrintedAs): void {
    const { traceId, spanId } = span.spanContext();
    let trace = this.traces.get(traceId);
    if (trace === undefined) {
      trace = newTrace(traceId, as);
      this.traces.set(traceId, trace);
    }
    const known = trace.entries.get(spanId);
    if (known !== undefined) {
      if (known.shown) account.countDelivered();
      else known.accounts.push(account);
      return;
    }
    const entry: Entry = { span, accounts: [account], shown: false };
    trace.entries.set(spanId, entry);
    this.weight++;
    if (isLocalRoot(span)) {
      trace.roots.push(entry);
      this.ready.add(trace);
      // Printing waits for the end of the tick, so that spans that end together with the root are in its
      // tree.
      this.immediate ??= setImmediate(() => this.printReady());
    } else {
      this.schedule(trace, span);
    }
    if (this.weight > MAX_WEIGHT) this.evict();
  }

  /** Prints the waiting spans, of one sink or of all. */
  flush(account?: SinkAccount): void {
    this.printReady();
    for (const trace of [...this.traces.values()]) {
      if (account === undefined || [...trace.entries.values()].some((entry) => waitsFor(entry, account))) {
        this.printRest(trace);
      }
    }
  }

  private schedule(trace: Trace, span: ReadableSpan): void {
    const now = Date.now();
    const active = activeContext().span;
    if (active?.isRecording() === true && active.spanContext().traceId === trace.id) trace.running = active;
    const late = trace.printed.has(span.parentSpanContext?.spanId ?? '');
    const due = now + (late ? LATE_MILLIS : ORPHAN_MILLIS);
    if (trace.due === undefined) trace.since = now;
    trace.due = Math.min(trace.due ?? Infinity, due);
    this.arm(trace.due);
  }

  private arm(due: number): void {
    if (due >= this.timerDue) return;
    clearTimeout(this.timer);
    this.timerDue = due;
    this.timer = setTimeout(() => this.printDue(), Math.max(1, due - Date.now()));
    this.timer.unref();
  }

  private printDue(): void {
    this.timer = undefined;
    this.timerDue = Infinity;
    const now = Date.now();
    for (const trace of [...this.traces.values()]) {
      const { due = Infinity } = trace;
      if (due > now) {
        this.arm(due);
      } else if (trace.running?.isRecording() === true && now - trace.since < RUNNING_MILLIS) {
        trace.due = now + ORPHAN_MILLIS;
        this.arm(trace.due);
      } else {
        this.printRest(trace);
      }
    }
  }

  private printReady(): void {
    clearImmediate(this.immediate);
    this.immediate = undefined;
    for (const trace of [...this.ready]) {
      for (const root of trace.roots.splice(0)) this.printRoot(trace, root);
    }
    this.ready.clear();
  }

  /**
   * Prints the whole tree under a root, including spans that were already shown, and keeps only their ids.
   */
  private printRoot(trace: Trace, root: Entry): void {
    const tree = descendants(trace.entries, root);
    if (tree.length === 0) return;
    trace.rootName = root.span.name;
    for (const { span } of tree) {
      const { spanId } = span.spanContext();
      trace.entries.delete(spanId);
      trace.printed.add(spanId);
    }
    if (![...trace.entries.values()].some((entry) => !entry.shown)) trace.due = undefined;
    this.print(trace, tree, undefined);
  }

  /** Prints waiting spans without their root, and keeps them in case the root follows. */
  private printRest(trace: Trace): void {
    trace.due = undefined;
    const rest = [...trace.entries.values()].filter(({ shown }) => !shown);
    if (rest.length === 0) return;
    const caption = trace.rootName === undefined ? 'parent has not ended' : `later, after ${trace.rootName}`;
    this.print(trace, rest, caption);
    for (const entry of rest) {
      entry.shown = true;
      const { spanId } = entry.span.spanContext();
      if (trace.rootName === undefined) continue;
      trace.entries.delete(spanId);
      trace.printed.add(spanId);
    }
  }

  private print(trace: Trace, entries: readonly Entry[], caption: string | undefined): void {
    const accounts = entries.filter(({ shown }) => !shown).flatMap((entry) => entry.accounts);
    const settle = (error?: Error): void => {
      for (const account of accounts) account.countOutcome(error);
    };
    try {
      const render = trace.as.format === 'line' ? renderLines : renderTrace;
      const text = render(
        entries.map(({ span }) => span),
        {
          paint: painter(trace.as.color ?? this.terminal.color),
          columns: this.terminal.columns,
          ...(caption === undefined ? {} : { caption }),
        },
      );
      this.terminal.write(text, settle);
    } catch (error) {
      // A span of foreign code may break rendering, which must not break the code that ended it.
      settle(error instanceof Error ? error : new Error('a span could not be printed'));
    }
  }

  private evict(): void {
    for (const trace of this.traces.values()) {
      if (this.weight <= MAX_WEIGHT / 2) return;
      this.printRest(trace);
      this.ready.delete(trace);
      this.traces.delete(trace.id);
      this.weight -= trace.entries.size + trace.printed.size;
    }
  }
}

function newTrace(id: string, as: PrintedAs): Trace {
  return {
    id,
    as,
    entries: new Map(),
    printed: new Set(),
    roots: [],
    since: 0,
    due: undefined,
    rootName: undefined,
    running: undefined,
  };
}

/** Whether no recorded span of this process is above a span. */
function isLocalRoot({ parentSpanContext }: ReadableSpan): boolean {
  if (parentSpanContext === undefined || parentSpanContext.isRemote === true) return true;
  return (parentSpanContext.traceFlags & TraceFlags.SAMPLED) === 0;
}

function waitsFor({ shown, accounts }: Entry, account: SinkAccount): boolean {
  return !shown && accounts.includes(account);
}

function descendants(entries: ReadonlyMap<string, Entry>, root: Entry): Entry[] {
  const children = new Map<string, Entry[]>();
  for (const entry of entries.values()) {
    const parent = entry.span.parentSpanContext?.spanId ?? '';
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [entry]);
    else siblings.push(entry);
  }
  const found = new Set([root]);
  for (const entry of found) {
    // A child with a self-made remote parent may be in this trace, too; it gets a tree of its own.
    for (const child of children.get(entry.span.spanContext().spanId) ?? []) {
      if (!isLocalRoot(child.span)) found.add(child);
    }
  }
  return [...found].filter((entry) => entries.has(entry.span.spanContext().spanId));
}
