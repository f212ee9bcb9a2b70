import type { Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { isObservable } from 'rxjs';
import { runInEntry } from '../../context/entry.js';
import { activeContext } from '../../context/flow-context.js';
import { observeHere } from '../../tracing/context-subscriber.js';
import type { ExternalMethod, RouteArrivals } from './route-arrivals.js';
import { entryAmong } from './served-entry.js';

type Target = (...args: unknown[]) => Promise<unknown>;

/** Finds the entry of a resolver that serves no HTTP request. @returns `undefined` if there is none */
export type OtherEntry = (
  type: Type,
  method: string,
  target: Target,
  args: readonly unknown[],
) => (() => unknown) | undefined;

/**
 * Makes the functions that Nest wraps for other libraries, such as GraphQL resolvers with guards and
 * interceptors, run in the context of the request among their arguments. Operators of a returned Observable
 * do so, too.
 *
 * @param creator - the app's own creator, before resolvers are bound
 * @param arrivals - receives each call before its guards, unless a call with guards came before it
 */
export function reenterExternalCalls(
  creator: ExternalContextCreator | undefined,
  otherEntry: OtherEntry,
  arrivals: Pick<RouteArrivals, 'reachedExternal'>,
): void {
  if (creator === undefined) return;
  const create = creator.create.bind(creator) as unknown as Target;
  const reentering = (...given: unknown[]): Target => {
    const target = create(...given) as unknown as Target;
    const [instance, , name] = given;
    const { constructor: type } = Object(instance) as { constructor: Type };
    const method = methodOf(given);
    const call: Target = (...args) => {
      if (method !== undefined) arrivals.reachedExternal(method, args);
      return target(...args);
    };
    return (...args) => {
      const other = otherEntry(type, String(name), call, args);
      if (other !== undefined) return other() as Promise<unknown>;
      const entry = entryAmong(args);
      return entry === undefined ? target(...args) : runInEntry(entry, call, ...args);
    };
  };
  creator.create = reentering;
  const transform = creator.transformToResult.bind(creator) as Target;
  creator.transformToResult = (result: unknown) =>
    transform(
      isObservable(result) && activeContext().flow?.entry !== undefined ? observeHere(result) : result,
    );
}

/**
 * Reads the class and method from Nest's arguments: the object, the callback, and further on the kind of
 * arguments.
 */
function methodOf(given: unknown[]): ExternalMethod | undefined {
  const [instance, handler] = given as [object, ExternalMethod['handler']];
  const [enhancers, kind = 'http'] = given.slice(7) as [{ readonly guards?: boolean }?, unknown?];
  if (enhancers?.guards === false) return undefined;
  return { type: (Object(instance) as object).constructor as ExternalMethod['type'], handler, kind };
}
