import type { DevtoolsSource } from './devtools-source.js';
import { MetricStore } from './store/metric-store.js';
import type { StoredTrace, TraceSummary } from './store/stored-trace.js';
import { TraceStore, type TraceStoreOptions } from './store/trace-store.js';

/**
 * Holds the data that devtools shows: ended and open spans, and the instances that it can query and
 * control.
 */
export class Recorder {
  readonly store: TraceStore;
  readonly metrics = new MetricStore();
  private readonly running: DevtoolsSource[] = [];

  constructor(options: TraceStoreOptions = {}) {
    this.store = new TraceStore(options);
  }

  get sources(): readonly DevtoolsSource[] {
    return this.running;
  }

  addSource(source: DevtoolsSource): void {
    this.running.push(source);
  }

  /** Updates the open spans; called when the page asks. */
  refresh(): void {
    for (const source of this.running) for (const span of source.openSpans()) this.store.add(span);
  }

  /** Returns the traces, newest first. */
  traces(): StoredTrace[] {
    this.refresh();
    return this.store.all();
  }

  changesSince(version: number): { readonly version: number; readonly changed: readonly TraceSummary[] } {
    this.refresh();
    return this.store.since(version);
  }

  clear(): void {
    this.store.clear();
    this.metrics.clear();
  }
}
