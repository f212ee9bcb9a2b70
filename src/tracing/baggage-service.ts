import { propagation, type Baggage, type Span } from '@opentelemetry/api';
import type { BaggageRefusal } from '../context/baggage-builder.js';
import { BaggageRules } from '../context/baggage-rules.js';
import { activeContext, Flow } from '../context/flow-context.js';
import type { RateLimitedLog } from '../base/rate-limited-log.js';
import { runInFlow } from './run-in-flow.js';

/**
 * Reads and sets baggage: entries, such as the caller's user id, that accompany a request through guards,
 * services, streams and timers, and onwards through `TracerManager.inject`.
 *
 * **Gotchas** Baggage is sent in clear text to called services: put no secrets in. Names that look like
 * credentials are refused.
 *
 * @see {@link https://opentelemetry.io/docs/concepts/signals/baggage/ | Baggage}
 */
export class BaggageService {
  private readonly rules: BaggageRules;

  /**
   * @param rules - absent with `baggage: false`: entries still travel, and none becomes an attribute
   * @internal
   */
  constructor(
    rules: BaggageRules | undefined,
    private readonly log: Pick<RateLimitedLog, 'warn' | 'note'>,
  ) {
    this.rules = rules ?? new BaggageRules({ headers: {} }, log);
  }

  /** The value of an entry in the running flow. */
  get(key: string): string | undefined {
    return activeBaggage()?.getEntry(key)?.value;
  }

  /** All entries of the running flow by name; empty outside of every flow. */
  getAll(): Readonly<Record<string, string>> {
    const entries = activeBaggage()?.getAllEntries() ?? [];
    return Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
  }

  /**
   * Sets an entry from now on, for everything in the running request or in the nearest {@link with}.
   *
   * @returns `false` if nothing has changed: outside of every flow, or an entry that cannot travel (control
   *   characters, over 4,096 bytes, more than 64 entries or 8,192 bytes altogether, the name of a secret)
   */
  set(key: string, value: string): boolean {
    const { flow } = activeContext();
    if (flow === undefined) return false;
    const { baggage, complete } = this.rules.change(flow.baggage, { [key]: value });
    if (complete) replace(flow, baggage);
    return complete;
  }

  /** Removes an entry from now on; attributes that it already became stay. @returns whether there was one */
  remove(key: string): boolean {
    const { flow } = activeContext();
    if (flow?.baggage?.getEntry(key) === undefined) return false;
    replace(flow, flow.baggage.removeEntry(key));
    return true;
  }

  /**
   * Runs `fn` with these entries over those of the caller, whose own do not change; a stream that `fn`
   * returns has them to its end. Works outside of requests too.
   *
   * @param entries - by name; `undefined` removes one; what cannot travel is left out, counted and logged
   * @returns what `fn` returns
   */
  with<T>(entries: Readonly<Record<string, string | undefined>>, fn: () => T): T {
    const context = activeContext();
    const { baggage } = this.rules.change(context.flow?.baggage, entries);
    const flow = context.flow ?? new Flow(undefined, undefined, undefined, undefined);
    return runInFlow(context.withFlow(flow.withBaggage(baggage)), fn);
  }

  /**
   * Copies the entries that `baggage.headers` and `baggage.attributes` name onto a span; spans that start in
   * the flow have them already. Where there is nothing to copy, the log says why.
   *
   * @param span - default the active span
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

  /** How many entries were refused so far, by reason. */
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
