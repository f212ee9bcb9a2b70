import type { ArgumentsHost } from '@nestjs/common';
import { contextOf, entryOf } from '../../context/entry.js';
import { activeContext, type Entry, type FlowContext } from '../../context/flow-context.js';

/**
 * Returns the entry that Nest calls an enhancer for: that of the request or message among the handler's
 * arguments.
 */
export function servedEntry(host: ArgumentsHost): Entry | undefined {
  return entryAmong(host.getArgs());
}

/** Returns the entry of the first argument that belongs to one. */
export function entryAmong(args: readonly unknown[]): Entry | undefined {
  for (const argument of args) {
    // A GraphQL context holds the request.
    const entry =
      entryOf(argument) ?? entryOf((argument as { readonly req?: unknown } | null | undefined)?.req);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** Returns the context of the entry among these arguments. */
export function servedContext(args: readonly unknown[]): FlowContext {
  const entry = entryAmong(args);
  return entry === undefined ? activeContext() : contextOf(entry);
}
