import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { Recorder } from '../../devtools/recorder.js';
import type { StoredSpan, storedSpan } from '../../devtools/store/stored-span.js';
import type { EndingSpan, SpanWatch } from '../../pipeline/generations/generation.js';

/** The most open spans to keep; further ones are shown when they end. */
const MAX_OPEN = 2000;

/** Passes ended spans to a recorder, and keeps the open spans of one instance. */
export class OpenSpans implements SpanWatch {
  private readonly open = new Set<EndingSpan>();

  constructor(
    private readonly recorder: Recorder,
    private readonly read: typeof storedSpan,
  ) {}

  started(span: EndingSpan): void {
    if (this.open.size >= MAX_OPEN) this.evictEnded();
    if (this.open.size < MAX_OPEN) this.open.add(span);
  }

  ended(span: EndingSpan): void {
    this.open.delete(span);
    try {
      this.recorder.store.add(this.read(asReadable(span)));
    } catch {
      // A span that cannot be read is only missing on the page.
    }
  }

  /** Returns the open spans that will be exported, masked as if they ended now. */
  all(): StoredSpan[] {
    this.evictEnded();
    const spans: StoredSpan[] = [];
    for (const span of this.open) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) continue;
      const copy = copyOf(asReadable(span));
      try {
        span.generation.mask.maskSpan(copy);
        spans.push(this.read(asReadable(span), copy));
      } catch {
        // The span is shown when it ends, or not at all; nothing is shown unmasked.
      }
    }
    return spans;
  }

  /** Removes spans that have ended; a closed generation does not report the end of its spans. */
  private evictEnded(): void {
    for (const span of this.open) if (span.ended) this.open.delete(span);
  }
}

/** Returns a recording span as exporters read it. */
function asReadable(span: EndingSpan): ReadableSpan {
  return span;
}

type MaskedParts = Pick<ReadableSpan, 'name' | 'attributes' | 'events' | 'links' | 'status'>;

function copyOf(span: ReadableSpan): MaskedParts {
  return {
    name: span.name,
    attributes: { ...span.attributes },
    status: span.status,
    events: span.events.map((event) => ({ ...event, attributes: { ...event.attributes } })),
    links: span.links.map((link) => ({ ...link, attributes: { ...link.attributes } })),
  };
}
