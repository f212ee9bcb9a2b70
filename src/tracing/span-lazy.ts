import type { AnyFunction } from '../base/any-function.js';
import { activeContext, bindContext, runInContext, type FlowContext } from '../context/flow-context.js';
import { atEntryEnd } from '../context/entry-end.js';
import { replaceLazyMembers, type LazyMember } from './promise-like.js';
import { endWhenCollected } from './stream-span.js';

/** A call whose lazy result is requested later. */
export interface LazyCall {
  /** The context in which the result is computed. */
  readonly context: FlowContext;
  /**
   * Called with the result. @returns the value for the caller: the result, or the traced stream if it is
   * one
   */
  end(value: unknown): unknown;
  fail(error: unknown): void;
  /** Follows the return value of a method other than `then`. */
  follow(result: unknown): unknown;
  /** Called if the result was never requested. */
  endUnasked(): void;
}

/**
 * The most calls that follow one object, outermost first. A stored query may be returned any number of
 * times.
 */
const MAX_CALLS = 8;
const calls = new WeakMap<object, number>();

/**
 * Runs a lazy object, such as a query of Prisma, Knex, Mongoose or Drizzle, in the span of the call that
 * returned it. The span ends when the first `then` settles. The object keeps its identity. If the result is
 * never requested, the span ends with the request, or when the object is garbage-collected.
 */
export function spanLazy<T extends object>(lazy: T, call: LazyCall): T {
  const waiting = calls.get(lazy) ?? 0;
  let asked = false;
  const replaced =
    waiting < MAX_CALLS &&
    replaceLazyMembers(lazy, (name, original) => {
      return function (this: unknown, ...args: unknown[]): unknown {
        if (asked) return Reflect.apply(original, this, args);
        asked = true;
        release();
        calls.set(lazy, Math.max(0, (calls.get(lazy) ?? 1) - 1));
        return ask(call, name, original, this, args);
      };
    });
  if (!replaced) {
    call.endUnasked();
    return lazy;
  }
  const release = atEntryEnd(call.context.flow?.entry, () => {
    call.endUnasked();
  });
  calls.set(lazy, waiting + 1);
  endWhenCollected(lazy, {
    endEarly: () => {
      release();
      if (!asked) call.endUnasked();
    },
  });
  return lazy;
}

/** Makes a lazy object run in a context, whichever code requests its result. */
export function bindLazy<T extends object>(context: FlowContext, lazy: T): T {
  const waiting = calls.get(lazy) ?? 0;
  if (waiting >= MAX_CALLS) return lazy;
  calls.set(lazy, waiting + 1);
  replaceLazyMembers(lazy, (_name, original) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      return runInContext(context, () => Reflect.apply(original, this, inCallersContext(args)));
    };
  });
  return lazy;
}

function ask(
  call: LazyCall,
  name: LazyMember,
  original: AnyFunction,
  lazy: unknown,
  args: unknown[],
): unknown {
  const inside = inCallersContext(args);
  try {
    if (name === 'then') {
      const given = [onFulfilled(call, inside[0]), onRejected(call, inside[1]), ...inside.slice(2)];
      return runInContext(call.context, () => Reflect.apply(original, lazy, given));
    }
    const given = name === 'catch' ? [onRejected(call, inside[0]), ...inside.slice(1)] : inside;
    return call.follow(runInContext(call.context, () => Reflect.apply(original, lazy, given)));
  } catch (error) {
    call.fail(error);
    throw error;
  }
}

function onFulfilled(call: LazyCall, callback: unknown): AnyFunction {
  return (value) => {
    const given = call.end(value);
    return typeof callback === 'function' ? (callback as AnyFunction)(given) : given;
  };
}

function onRejected(call: LazyCall, callback: unknown): AnyFunction {
  return (error) => {
    call.fail(error);
    if (typeof callback === 'function') return (callback as AnyFunction)(error);
    throw error;
  };
}

/** Binds callbacks to the caller's context, since their work does not belong to the call. */
function inCallersContext(args: readonly unknown[]): unknown[] {
  const caller = activeContext();
  return args.map((arg) => (typeof arg === 'function' ? bindContext(caller, arg as AnyFunction) : arg));
}
