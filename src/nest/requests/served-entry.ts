import type { ArgumentsHost } from '@nestjs/common';
import { contextOf, entryOf } from '../../context/entry.js';
import { activeContext, type Entry, type FlowContext } from '../../context/flow-context.js';

/**
 * The entry that Nest calls an enhancer for: of the request, the message or whatever else is among
 * the handler's arguments.
 */
export function servedEntry(host: ArgumentsHost): Entry | undefined {
  return entryAmong(host.getArgs());
}

/** The entry of the first argument that belongs to one. */
export function entryAmong(args: readonly unknown[]): Entry | undefined {
  for (const argument of args) {
    // GraphQL has the request in its own context.
    const entry =
      entryOf(argument) ?? entryOf((argument as { readonly req?: unknown } | null | undefined)?.req);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** The context of the work that Nest calls something with these arguments for. */
export function servedContext(args: readonly unknown[]): FlowContext {
  const entry = entryAmong(args);
  return entry === undefined ? activeContext() : contextOf(entry);
}
