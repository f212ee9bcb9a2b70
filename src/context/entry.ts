import { activeContext, EMPTY_CONTEXT, runInContext, type Entry, type FlowContext } from './flow-context.js';

/**
 * Finds the entry of a request, message or job by the object itself.
 *
 * The entry is a property of the object, so that copied references, proxies and derived objects find it,
 * too.
 */
const ENTRY = Symbol('nestjs-telemetry.entry');
/** Entries of objects that cannot get a property. */
const sealed = new WeakMap<object, Entry>();
let anySealed = false;
/** Whether any entry was ever bound. Without one, lookups return at once. */
let anyBound = false;

interface Bound {
  [ENTRY]?: Entry;
}

/**
 * Binds an entry to an object that the server created for this request alone. A plain assignment is many
 * times faster than a property definition. Users' own objects need {@link bindEntry}, which hides the
 * property from copies.
 */
export function stampEntry(thing: object, entry: Entry): void {
  anyBound = true;
  (thing as Bound)[ENTRY] = entry;
}

/**
 * Binds an entry to an object through a hidden property, for {@link entryOf}. A later call replaces an
 * earlier one.
 */
export function bindEntry(thing: object, entry: Entry): void {
  anyBound = true;
  try {
    if (Reflect.defineProperty(thing, ENTRY, { value: entry, configurable: true, writable: true })) return;
  } catch {
    // A proxy may refuse the property.
  }
  anySealed = true;
  sealed.set(thing, entry);
}

/**
 * Returns the entry that an object belongs to.
 *
 * @param thing - the request, message or job, or a wrapper with the request as `raw`, as Fastify has it
 */
export function entryOf(thing: unknown): Entry | undefined {
  if (!anyBound || typeof thing !== 'object' || thing === null) return undefined;
  try {
    return (thing as Bound)[ENTRY] ?? entryOfRaw(thing) ?? (anySealed ? sealed.get(thing) : undefined);
  } catch {
    // A test double may throw on any access.
    return undefined;
  }
}

function entryOfRaw(thing: object): Entry | undefined {
  const { raw } = thing as { readonly raw?: unknown };
  return typeof raw === 'object' && raw !== null ? (raw as Bound)[ENTRY] : undefined;
}

/**
 * Returns the context for an entry's work: the active context if it belongs to the entry, else the entry's
 * own. Without an entry, it returns a context outside of every entry.
 */
export function contextOf(entry: Entry | undefined): FlowContext {
  const active = activeContext();
  return active.flow?.entry === entry ? active : (entry?.context ?? EMPTY_CONTEXT);
}

/** Runs `fn` in the context that {@link contextOf} returns, whatever the active context is. */
export function runInEntry<A extends unknown[], R>(
  entry: Entry | undefined,
  fn: (...args: A) => R,
  ...args: A
): R {
  if (activeContext().flow?.entry === entry) return fn(...args);
  return runInContext(entry?.context ?? EMPTY_CONTEXT, fn, ...args);
}

/** Returns the entry of an object like {@link entryOf}, but checks the active entry first. */
export function runningEntryOf(thing: object): Entry | undefined {
  if (!anyBound) return undefined;
  const { entry } = activeContext().flow ?? {};
  return entry?.subject === thing ? entry : entryOf(thing);
}

/** Runs a function in the entry of `thing`. If that entry is already active, nothing is looked up. */
export function applyInEntryOf<T, R>(
  thing: unknown,
  fn: (this: T, ...args: unknown[]) => R,
  receiver: T,
  args: unknown[],
): R {
  if (!anyBound || activeContext().flow?.entry?.subject === thing) return fn.apply(receiver, args);
  return applyInEntry(entryOf(thing), fn, receiver, args);
}

/**
 * Runs a function like {@link runInEntry}, with a list of arguments and a `this`, for wrappers of other
 * code's functions.
 */
export function applyInEntry<T, R>(
  entry: Entry | undefined,
  fn: (this: T, ...args: unknown[]) => R,
  receiver: T,
  args: unknown[],
): R {
  if (activeContext().flow?.entry === entry) return fn.apply(receiver, args);
  return runInContext(entry?.context ?? EMPTY_CONTEXT, () => fn.apply(receiver, args));
}
