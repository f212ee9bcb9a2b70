import type { Type } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { runInEntry } from '../../context/entry.js';
import { CONVENTIONS as C } from '../../entries/conventions.js';
import { headersOf, type MessageHeaders } from '../../entries/entry-carrier.js';
import { EntryTrace } from '../../entries/entry-trace.js';
import { graphqlOperation, operationAttributes } from '../../http/graphql-operation.js';
import type { EntryHost } from './entry-host.js';

/** A resolver with its guards and interceptors, as the GraphQL server calls it. */
type Target = (...args: unknown[]) => unknown;

/** The members of a resolver's fourth argument that the library reads. */
interface Info {
  readonly operation: object;
  readonly path?: { readonly key?: unknown; readonly prev?: unknown };
  readonly parentType?: { readonly name?: unknown };
  readonly schema?: { getSubscriptionType?(): { readonly name?: unknown } | null | undefined };
}

/** The places in a GraphQL context that may hold the handshake's request. */
interface Handshake {
  readonly headers?: unknown;
  readonly request?: { readonly headers?: unknown };
}

/**
 * Traces GraphQL subscriptions: a span from the subscriber's arrival to the end of its events, with the
 * spans of its fields as children. Events are resolved in the publisher's context or in none, so their
 * subscription is found by its operation and the server's context value.
 */
export class GraphqlSubscriptions {
  /**
   * The running subscriptions; `undefined` marks a pair of keys that several subscriptions share, which
   * cannot be told apart.
   */
  private readonly running = new WeakMap<object, WeakMap<object, EntryTrace | undefined>>();

  constructor(private readonly host: EntryHost) {}

  /**
   * Prepares a resolver's call: the root field begins a subscription, other fields run in the one they belong
   * to.
   *
   * @returns nothing if the call does not belong to a subscription
   */
  run(type: Type, name: string, target: Target, args: readonly unknown[]): (() => unknown) | undefined {
    const [, , context, info] = args;
    if (!this.host.active || !isObject(context) || !isSubscription(info)) return undefined;
    if (isRoot(info)) return () => this.subscribe(type, name, target, args, context, info);
    const entry = this.running.get(info.operation)?.get(context);
    return entry && (() => runInEntry(entry, target, ...args));
  }

  private subscribe(
    type: Type,
    name: string,
    target: Target,
    args: readonly unknown[],
    context: object,
    info: Info,
  ): unknown {
    const operation = graphqlOperation(info);
    const handler = `${type.name}.${name}`;
    const field = typeof info.path?.key === 'string' ? info.path.key : name;
    const entry = EntryTrace.begin(this.host.instanceOf(type), {
      kind: 'graphql',
      name: `subscription ${field}`,
      spanKind: SpanKind.SERVER,
      pattern: field,
      handler,
      attributes: { [C.functionName]: handler, ...(operation && operationAttributes(operation)) },
      args,
      headers: handshakeHeaders(context),
      relation: 'link',
    });
    if (entry === undefined) return target(...args);
    let ofOperation = this.running.get(info.operation);
    if (ofOperation === undefined) this.running.set(info.operation, (ofOperation = new WeakMap()));
    ofOperation.set(context, ofOperation.has(context) ? undefined : entry);
    return entry.run(() => target(...args));
  }
}

function isSubscription(info: unknown): info is Info {
  return graphqlOperation(info)?.type === 'subscription';
}

function isRoot({ path, parentType, schema }: Info): boolean {
  return path?.prev === undefined && parentType?.name === schema?.getSubscriptionType?.()?.name;
}

/**
 * Reads the handshake's headers from the app's GraphQL context: from `req`, or from graphql-ws's `extra`.
 */
function handshakeHeaders(context: object): MessageHeaders | undefined {
  const { req, request, extra } = context as Readonly<Record<string, Handshake | undefined>>;
  return headersOf(req?.headers ?? request?.headers ?? extra?.request?.headers);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
