import type { Attributes, Baggage, SpanContext } from '@opentelemetry/api';
import { rebaseBaggage } from '../context/baggage-builder.js';
import type { Flow } from '../context/flow-context.js';
import type { Propagation, RemoteContext } from '../context/propagation.js';
import type { RawRequest } from './http-options.js';

/**
 * The caller's context in a request's headers. One instance's rules read it at the start; the rules of the
 * route's instance read it again later.
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

  /** The caller's span context. */
  get caller(): SpanContext | undefined {
    return this.remote?.spanContext;
  }

  get baggage(): Baggage | undefined {
    return this.remote?.baggage;
  }

  /** Reads the headers again by the instance's rules; entries that were set in between are kept. */
  readFor(propagation: Propagation, flow: Flow): void {
    if (propagation === this.propagation) return;
    const before = this.remote?.baggage;
    this.propagation = propagation;
    this.remote = propagation.receive(this.request);
    flow.baggage = rebaseBaggage(flow.baggage, before, this.remote?.baggage);
  }

  /** Returns the flow's entries for the server span, if they differ from those that it shows. */
  newAttributes({ baggage }: Flow): Attributes | undefined {
    if (baggage === this.shown) return undefined;
    this.shown = baggage;
    return baggage && this.propagation.rules?.attributesOf(baggage);
  }

  /** Returns the entries for the server span at its start. */
  attributes({ baggage }: Flow): Attributes | undefined {
    this.shown = baggage;
    return baggage && this.propagation.rules?.attributesOf(baggage);
  }
}
