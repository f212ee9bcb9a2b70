import type { Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { isObservable } from 'rxjs';
import { runInEntry } from '../../context/entry.js';
import { activeContext } from '../../context/flow-context.js';
import { observeHere } from '../../tracing/context-subscriber.js';
import type { ExternalMethod, RouteArrivals } from './route-arrivals.js';
import { entryAmong } from './served-entry.js';

type Target = (...args: unknown[]) => Promise<unknown>;

/** Finds whatever else than a request a resolver is called for. @returns nothing where there is none */
export type OtherEntry = (
  type: Type,
  method: string,
  target: Target,
  args: readonly unknown[],
) => (() => unknown) | undefined;

/**
 * Has what Nest calls for other libraries, such as GraphQL resolvers with their guards and
 * interceptors, run in the context of the request among its arguments, and the operators of an
 * Observable that it returns as well.
 *
 * @param creator - the app's own, before resolvers are bound
 * @param arrivals - told of the call, before guards; not of one that has none, since one with guards came
 *   before it
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

/** Nest gives instance, callback, and further back what the call is to have and the kind of its arguments. */
function methodOf(given: unknown[]): ExternalMethod | undefined {
  const [instance, handler] = given as [object, ExternalMethod['handler']];
  const [enhancers, kind = 'http'] = given.slice(7) as [{ readonly guards?: boolean }?, unknown?];
  if (enhancers?.guards === false) return undefined;
  return { type: (Object(instance) as object).constructor as ExternalMethod['type'], handler, kind };
}
