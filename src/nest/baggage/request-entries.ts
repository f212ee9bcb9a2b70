import { BaggageKeys } from '../../context/baggage-names.js';
import type { BaggageRules } from '../../context/baggage-rules.js';
import type { Flow } from '../../context/flow-context.js';
import { propertyOf } from '../../http/property-of.js';
import { compileRouteFilter, type RouteFilter } from '../../http/route-filter.js';
import { isObject } from '../../config/schema.js';
import { askInTime } from '../../base/user-function.js';
import type { BaggageOptions, BaggageRequest } from './baggage-options.js';

const DEFAULT_USER: Readonly<Record<string, string>> = { id: BaggageKeys.USER_ID };

/**
 * The longest wait for `baggage.entries`, in milliseconds, so that a hanging look-up does not hang the app.
 */
const ENTRIES_MILLIS = 5_000;

/** One instance's baggage options, in the form that its guard needs. */
export class RequestEntries {
  private readonly user: readonly (readonly [path: readonly string[], key: string])[];
  private readonly intents: readonly (readonly [matches: RouteFilter, intent: string])[];
  private readonly required: readonly string[];
  private readonly keys: ReadonlyMap<string, string>;
  /** The user that was last read from each request, so that later changes by the app are kept. */
  private readonly users = new WeakMap<BaggageRequest, unknown>();

  constructor(
    private readonly options: BaggageOptions,
    private readonly rules: BaggageRules,
    private readonly report: (hook: string, error: unknown) => void,
  ) {
    this.user = Object.entries(options.user ?? DEFAULT_USER).map(([path, key]) => [path.split('.'), key]);
    this.intents = Object.entries(options.intent ?? {}).map(([pattern, intent]) => [
      compileRouteFilter([pattern], undefined),
      intent,
    ]);
    this.required = (options.required ?? []).map((header) => header.toLowerCase());
    this.keys = new Map(rules.headers);
  }

  /** Whether the guard runs for all routes that the instance covers. */
  get everywhere(): boolean {
    return this.options.guard !== false;
  }

  /** Whether {@link admit} never waits or refuses, so that it needs no guard. */
  get admitsAll(): boolean {
    return this.required.length === 0 && this.options.entries === undefined;
  }

  /** Whether {@link admit} has anything to add, to wait for or to refuse. */
  concern(request: object): boolean {
    if (!this.admitsAll || this.intents.length > 0) return true;
    const user = propertyOf(request, 'user');
    return user !== undefined && user !== null;
  }

  /**
   * Adds the entries of the request and its user to the flow.
   *
   * @param flow - the request's flow; absent while telemetry is off, then nothing is stored
   * @param route - the route's template, or the path
   * @returns the first missing required header, if any
   */
  admit(
    request: BaggageRequest,
    flow: Flow | undefined,
    route: string,
  ): string | undefined | Promise<string | undefined> {
    if (flow !== undefined) {
      const told = this.read(request, flow, route);
      if (told !== undefined) return told.then(() => this.missing(request, flow));
    }
    return this.missing(request, flow);
  }

  /**
   * Adds the request's entries again if its user has changed. @returns a promise to wait for, if there is
   * one
   */
  learn(request: BaggageRequest, flow: Flow, route: string): Promise<void> | undefined {
    const { user } = request;
    if (user === undefined || user === null || this.users.get(request) === user) return undefined;
    return this.read(request, flow, route);
  }

  private read(request: BaggageRequest, flow: Flow, route: string): Promise<void> | undefined {
    const { user } = request;
    if (user !== undefined && user !== null) this.users.set(request, user);
    this.put(flow, this.told(request, route));
    return this.askResolver(request, flow);
  }

  private told(request: BaggageRequest, route: string): Record<string, unknown> | undefined {
    let entries: Record<string, unknown> | undefined;
    for (const [matches, intent] of this.intents) {
      if (!matches(request.method, route)) continue;
      entries = { [BaggageKeys.APP_USER_INTENT]: intent };
      break;
    }
    const { user } = request;
    if (user === undefined || user === null) return entries;
    for (const [path, key] of this.user) {
      const value = textAt(user, path);
      if (value !== undefined) entries = { ...entries, [key]: value };
    }
    return entries;
  }

  /**
   * Asks the option `entries` for further entries, and adds them to the flow.
   *
   * @returns a promise to wait for, if there is one
   */
  private askResolver(request: BaggageRequest, flow: Flow): Promise<void> | undefined {
    const { entries } = this.options;
    if (entries === undefined) return undefined;
    const told = askInTime(
      () => entries(request),
      ENTRIES_MILLIS,
      (more: unknown) => {
        if (isObject(more)) this.put(flow, more as Readonly<Record<string, unknown>>);
      },
      (error) => {
        this.report('entries', error);
      },
    );
    return told instanceof Promise ? told : undefined;
  }

  private put(flow: Flow, entries: Readonly<Record<string, unknown>> | undefined): void {
    if (entries === undefined) return;
    flow.baggage = this.rules.change(flow.baggage, entries).baggage;
    flow.entry?.baggageChanged?.();
  }

  /**
   * Returns the first missing required header. A mapped header counts as present if its entry is, whatever
   * set it; a refused entry counts as missing.
   */
  private missing({ headers }: BaggageRequest, flow: Flow | undefined): string | undefined {
    return this.required.find((header) => {
      const key = this.keys.get(header);
      if (flow !== undefined && key !== undefined) return flow.baggage?.getEntry(key) === undefined;
      return headers[header] === undefined || headers[header] === '';
    });
  }
}

/** Reads an id, which is a text or a number; other values are ignored. */
function textAt(user: unknown, path: readonly string[]): string | undefined {
  let value = user;
  try {
    for (const name of path) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = Reflect.get(value, name);
    }
  } catch {
    return undefined;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}
