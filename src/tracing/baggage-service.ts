import { propagation, type Baggage, type Span } from '@opentelemetry/api';
import type { BaggageRefusal } from '../context/baggage-builder.js';
import { BaggageRules } from '../context/baggage-rules.js';
import { activeContext, Flow } from '../context/flow-context.js';
import type { RateLimitedLog } from '../base/rate-limited-log.js';
import { runInFlow } from './run-in-flow.js';

/**
 * Reads and sets baggage: entries such as the caller's user id that accompany a request through guards,
 * services, streams and timers, and on to other services through `TracerManager.inject`.
 *
 * **Gotchas** Baggage is sent in clear text to called services, so it must not contain secrets. Entries
 * with credential-like names are refused.
 *
 * @see {@link https://opentelemetry.io/docs/concepts/signals/baggage/ | Baggage}
 */
export class BaggageService {
  private readonly rules: BaggageRules;

  /**
   * @param rules - absent with `baggage: false`: entries are propagated, but never become attributes
   * @internal
   */
  constructor(
    rules: BaggageRules | undefined,
    private readonly log: Pick<RateLimitedLog, 'warn' | 'note'>,
  ) {
    this.rules = rules ?? new BaggageRules({ headers: {} }, log);
  }

  /** Returns the value of an entry in the running flow. */
  get(key: string): string | undefined {
    return activeBaggage()?.getEntry(key)?.value;
  }

  /** Returns all entries of the running flow by name; empty outside of every flow. */
  getAll(): Readonly<Record<string, string>> {
    const entries = activeBaggage()?.getAllEntries() ?? [];
    return Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
  }

  /**
   * Sets an entry from now on, for all code of the running request or of the nearest {@link with}.
   *
   * @returns `false` if nothing was set: outside of every flow, or for an entry that cannot be propagated
   *   (control characters, over 4,096 bytes, more than 64 entries or 8,192 bytes altogether, the name of a
   *   secret)
   */
  set(key: string, value: string): boolean {
    const { flow } = activeContext();
    if (flow === undefined) return false;
    const { baggage, complete } = this.rules.change(flow.baggage, { [key]: value });
    if (complete) replace(flow, baggage);
    return complete;
  }

  /**
   * Removes an entry from now on. Attributes that were already set remain. @returns whether the entry existed
   */
  remove(key: string): boolean {
    const { flow } = activeContext();
    if (flow?.baggage?.getEntry(key) === undefined) return false;
    replace(flow, flow.baggage.removeEntry(key));
    return true;
  }

  /**
   * Runs `fn` with additional entries. The caller's own entries do not change. A stream that `fn` returns
   * keeps the entries until it ends. Also works outside of requests.
   *
   * @param entries - entries by name; `undefined` removes an entry; an invalid one is left out, counted and
   *   logged
   * @returns what `fn` returns
   */
  with<T>(entries: Readonly<Record<string, string | undefined>>, fn: () => T): T {
    const context = activeContext();
    const { baggage } = this.rules.change(context.flow?.baggage, entries);
    const flow = context.flow ?? new Flow(undefined, undefined, undefined, undefined);
    return runInFlow(context.withFlow(flow.withBaggage(baggage)), fn);
  }

  /**
   * Copies the entries that `baggage.headers` and `baggage.attributes` name onto a span. Spans that start
   * in the flow have them already. If there is nothing to copy, the log says why.
   *
   * @param span - the span to write to; default: the active span
   */
  applyBaggage(span: Span | undefined = activeContext().span): void {
    const baggage = activeBaggage();
    const attributes = baggage === undefined ? {} : this.rules.attributesOf(baggage);
    span?.setAttributes(attributes);
    const applied = Object.keys(attributes).length;
    const entries = baggage?.getAllEntries().length ?? 0;
    if (span === undefined) this.explain('note', 'no span is active here, and none was passed');
    else if (entries === 0) this.explain('note', 'the running flow has no baggage');
    else if (applied < entries) {
      this.explain(
        applied === 0 ? 'warn' : 'note',
        `${entries - applied} of ${entries} entries are named neither in \`baggage.headers\` nor in ` +
          "`baggage.attributes`; name them there, or pass `attributes: ['*']`",
      );
    }
  }

  private explain(level: 'warn' | 'note', why: string): void {
    this.log[level](`applyBaggage:${level}`, `\`applyBaggage\` left something out: ${why}.`);
  }

  /** Returns the number of entries refused so far, by reason. */
  refused(): Readonly<Partial<Record<BaggageRefusal, number>>> {
    return { ...this.rules.refused };
  }
}

function activeBaggage(): Baggage | undefined {
  return propagation.getBaggage(activeContext());
}

function replace(flow: Flow, baggage: Baggage | undefined): void {
  flow.baggage = baggage;
  flow.entry?.baggageChanged?.();
}
