import type { Attributes, Baggage, SpanContext } from '@opentelemetry/api';
import { rebaseBaggage } from '../context/baggage-builder.js';
import type { Flow } from '../context/flow-context.js';
import type { Propagation, RemoteContext } from '../context/propagation.js';
import type { RawRequest } from './http-options.js';

/**
 * The caller's context from a request's headers: read by the rules of one instance when it begins, and by
 * those of its instance once a route is known.
 */
export class InboundContext {
  private remote: RemoteContext | undefined;
  private shown: Baggage | undefined;

  constructor(
    private readonly request: RawRequest,
    private propagation: Propagation,
  ) {
    this.remote = propagation.receive(request);
  }

  /** The caller's span. */
  get caller(): SpanContext | undefined {
    return this.remote?.spanContext;
  }

  get baggage(): Baggage | undefined {
    return this.remote?.baggage;
  }

  /** Reads again by the instance's rules; entries that were set since then stay. */
  readFor(propagation: Propagation, flow: Flow): void {
    if (propagation === this.propagation) return;
    const before = this.remote?.baggage;
    this.propagation = propagation;
    this.remote = propagation.receive(this.request);
    flow.baggage = rebaseBaggage(flow.baggage, before, this.remote?.baggage);
  }

  /** The flow's entries that belong on the server span, if they are others than it shows already. */
  newAttributes({ baggage }: Flow): Attributes | undefined {
    if (baggage === this.shown) return undefined;
    this.shown = baggage;
    return baggage && this.propagation.rules?.attributesOf(baggage);
  }

  /** All of them, at the span's start. */
  attributes({ baggage }: Flow): Attributes | undefined {
    this.shown = baggage;
    return baggage && this.propagation.rules?.attributesOf(baggage);
  }
}
