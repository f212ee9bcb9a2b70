import type { Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { isObservable } from 'rxjs';
import { runInEntry } from '../../context/entry.js';
import { activeContext } from '../../context/flow-context.js';
import { observeHere } from '../../tracing/context-subscriber.js';
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
 */
export function reenterExternalCalls(
  creator: ExternalContextCreator | undefined,
  otherEntry: OtherEntry,
): void {
  if (creator === undefined) return;
  const create = creator.create.bind(creator) as unknown as Target;
  const reentering = (...given: unknown[]): Target => {
    const target = create(...given) as unknown as Target;
    const [instance, , method] = given;
    const { constructor: type } = Object(instance) as { constructor: Type };
    return (...args) => {
      const other = otherEntry(type, String(method), target, args);
      if (other !== undefined) return other() as Promise<unknown>;
      const entry = entryAmong(args);
      return entry === undefined ? target(...args) : runInEntry(entry, target, ...args);
    };
  };
  creator.create = reentering;
  const transform = creator.transformToResult.bind(creator) as Target;
  creator.transformToResult = (result: unknown) =>
    transform(
      activeContext().flow?.entry !== undefined && isObservable(result) ? observeHere(result) : result,
    );
}
