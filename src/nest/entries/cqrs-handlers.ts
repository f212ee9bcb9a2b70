import type { Type } from '@nestjs/common';
import { SpanKind, type Attributes } from '@opentelemetry/api';
import type { AnyFunction } from '../../base/any-function.js';
import { activeContext } from '../../context/flow-context.js';
import { CONVENTIONS as C } from '../../entries/conventions.js';
import { EntryTrace } from '../../entries/entry-trace.js';
import { isUntracedHandler } from '../metadata/untraced-handlers.js';
import type { EntryHost } from './entry-host.js';
import { runAsChild } from './local-calls.js';
import { wrapEntryMethods, type EntryMethod } from './nest-instances.js';

/** The metadata keys of `@nestjs/cqrs`, with the method that each bus calls. */
const HANDLERS = [
  { metadata: '__commandHandler__', method: 'execute', type: 'command' },
  { metadata: '__queryHandler__', method: 'execute', type: 'query' },
  { metadata: '__eventsHandler__', method: 'handle', type: 'event' },
] as const;

type HandlerType = (typeof HANDLERS)[number]['type'];

/**
 * Traces handlers of commands and queries as children of their caller, and handlers of events with a link
 * to the publisher.
 */
export function watchCqrsHandlers(host: EntryHost): void {
  wrapEntryMethods(
    host.modules,
    host.patches,
    (type) =>
      HANDLERS.filter(({ metadata }) => Reflect.hasMetadata(metadata, type)).map(({ method }) => method),
    (entry) => traced(host, entry, handlerType(entry.type, entry.name) as HandlerType),
  );
}

function handlerType(type: Type, name: string): HandlerType | undefined {
  return HANDLERS.find((kind) => kind.method === name && Reflect.hasMetadata(kind.metadata, type))?.type;
}

function traced(host: EntryHost, { type, name, method }: EntryMethod, kind: HandlerType): AnyFunction {
  const handler = `${type.name}.${name}`;
  const untraced = isUntracedHandler(type, method);
  return function (...args) {
    if (!host.active) return method.apply(this, args);
    const instance = host.instanceOf(type);
    const message = messageName(args[0]);
    const attributes: Attributes = { [C.functionName]: handler, 'cqrs.type': kind, 'cqrs.name': message };
    const run = (): unknown => method.apply(this, args);
    const context = activeContext();
    const call = { name: `${name} ${message}`, pattern: message, attributes, untraced };
    if (kind !== 'event' && context.span !== undefined) return runAsChild(instance, 'cqrs', call, run);
    const entry = EntryTrace.begin(instance, {
      ...call,
      kind: 'cqrs',
      spanKind: SpanKind.INTERNAL,
      handler,
      args,
      from: context,
      ...(kind === 'event' ? {} : { relation: 'parent' as const }),
    });
    return entry === undefined ? run() : entry.run(run);
  };
}

function messageName(message: unknown): string {
  const { constructor } = Object(message) as { constructor?: { name?: unknown } };
  return typeof constructor?.name === 'string' ? constructor.name : typeof message;
}
