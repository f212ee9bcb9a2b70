import { activeContext, EMPTY_CONTEXT, runInContext, type Entry, type FlowContext } from './flow-context.js';

/**
 * Finds the entry of a request, message or job by the object itself.
 *
 * The entry is a property of the object, so that copies of the reference, proxies and objects derived from it
 * find it as well.
 */
const ENTRY = Symbol('nestjs-telemetry.entry');
/** Entries of objects that take no property. */
const sealed = new WeakMap<object, Entry>();
let anySealed = false;
/** Set by the first entry: a process whose telemetry was never on looks for none. */
let anyBound = false;

interface Bound {
  [ENTRY]?: Entry;
}

/**
 * {@link bindEntry} for objects that the server has made for this request alone: an assignment costs a
 * fraction of a definition, and only users' own objects must not show a property in copies.
 */
export function stampEntry(thing: object, entry: Entry): void {
  anyBound = true;
  (thing as Bound)[ENTRY] = entry;
}

/** Lets {@link entryOf} find `entry` by `thing`, which does not show it; the last call counts. */
export function bindEntry(thing: object, entry: Entry): void {
  anyBound = true;
  try {
    if (Reflect.defineProperty(thing, ENTRY, { value: entry, configurable: true, writable: true })) return;
  } catch {
    // A proxy that refuses.
  }
  anySealed = true;
  sealed.set(thing, entry);
}

/**
 * The entry that `thing` belongs to.
 *
 * @param thing - what entered, or a wrapper that has it as `raw`, as the requests of Fastify do
 */
export function entryOf(thing: unknown): Entry | undefined {
  if (!anyBound || typeof thing !== 'object' || thing === null) return undefined;
  try {
    return (thing as Bound)[ENTRY] ?? entryOfRaw(thing) ?? (anySealed ? sealed.get(thing) : undefined);
  } catch {
    // A stand-in that refuses to be looked at.
    return undefined;
  }
}

function entryOfRaw(thing: object): Entry | undefined {
  const { raw } = thing as { readonly raw?: unknown };
  return typeof raw === 'object' && raw !== null ? (raw as Bound)[ENTRY] : undefined;
}

/**
 * The context of an entry's work: the active one if that belongs to the entry, as inside a span of it, else
 * the entry's own. Without an entry, a context that belongs to none.
 */
export function contextOf(entry: Entry | undefined): FlowContext {
  const active = activeContext();
  return active.flow?.entry === entry ? active : (entry?.context ?? EMPTY_CONTEXT);
}

/** Runs `fn` in {@link contextOf} the entry, whatever called it. */
export function runInEntry<A extends unknown[], R>(
  entry: Entry | undefined,
  fn: (...args: A) => R,
  ...args: A
): R {
  if (activeContext().flow?.entry === entry) return fn(...args);
  return runInContext(entry?.context ?? EMPTY_CONTEXT, fn, ...args);
}

/** {@link entryOf}, for a thing whose entry is most likely the running one: then it is not looked at. */
export function runningEntryOf(thing: object): Entry | undefined {
  if (!anyBound) return undefined;
  const { entry } = activeContext().flow ?? {};
  return entry?.subject === thing ? entry : entryOf(thing);
}

/** {@link applyInEntry} for the entry of `thing`, which is looked at only in another context than its own. */
export function applyInEntryOf<T, R>(
  thing: unknown,
  fn: (this: T, ...args: unknown[]) => R,
  receiver: T,
  args: unknown[],
): R {
  if (!anyBound || activeContext().flow?.entry?.subject === thing) return fn.apply(receiver, args);
  return applyInEntry(entryOf(thing), fn, receiver, args);
}

/** {@link runInEntry} with a list of arguments and a `this`, for wrappers of other code's functions. */
export function applyInEntry<T, R>(
  entry: Entry | undefined,
  fn: (this: T, ...args: unknown[]) => R,
  receiver: T,
  args: unknown[],
): R {
  if (activeContext().flow?.entry === entry) return fn.apply(receiver, args);
  return runInContext(entry?.context ?? EMPTY_CONTEXT, () => fn.apply(receiver, args));
}
