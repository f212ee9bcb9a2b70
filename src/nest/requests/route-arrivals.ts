import type { Type } from '@nestjs/common';
import type { Entry } from '../../context/flow-context.js';
import { routeOf, type FrameworkRequest } from '../../http/framework-request.js';
import { graphqlOperation, operationAttributes } from '../../http/graphql-operation.js';
import { RequestTrace } from '../../http/request-trace.js';
import { RouteMatch } from '../../http/route-match.js';
import type { SseRoute } from '../../http/stream-options.js';
import type { RequestEntries } from '../baggage/request-entries.js';
import { isUntracedHandler } from '../metadata/untraced-handlers.js';
import { admitRequest } from './admit-request.js';
import { handlerMethod } from './handler-method.js';
import { isOwnPage } from './own-pages.js';
import { entryAmong } from './served-entry.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';

/** Facts about a handler that apply to every request. */
interface HandlerFacts {
  readonly instance: TelemetryInstance | undefined;
  readonly functionName: string;
  readonly moduleName: string | undefined;
  /** The route of the last request; most handlers have only one. */
  match: RouteMatch | undefined;
  /** Set if the handler's stream is traced. */
  readonly sse: SseRoute | undefined;
  /** Whether `@NoSpan` excludes the handler's requests. */
  readonly untraced: boolean;
  /** Adds the user's entries; absent if a guard does so. */
  readonly entries: RequestEntries | undefined;
}

/** Facts about a handler's class and method. */
export type HandlerCoverage = Omit<HandlerFacts, 'functionName' | 'untraced' | 'match'>;

/** A function that Nest wraps for other libraries, such as a resolver. */
export interface ExternalMethod {
  readonly type: Type;
  readonly handler: HandlerFunction;
  /** Nest's name for the kind of the arguments. */
  readonly kind: unknown;
}

type HandlerFunction = object & { readonly name: string };

/**
 * Handles the moment when a request has found its class and handler, before the first guard. Its span then
 * gets an instance, a route and a sampling decision.
 *
 * The library uses no guard for this, since a single guard makes Nest run its guard machinery for each
 * request.
 */
export class RouteArrivals {
  /**
   * Facts by class and function. The maps are weak, since a request-scoped class may have another function
   * for each request.
   */
  private facts = new WeakMap<Type, WeakMap<object, HandlerFacts>>();

  constructor(private readonly coverage: (type: Type, handler: object) => HandlerCoverage) {}

  /** Called when a request reaches its route. */
  reached(type: Type, handler: HandlerFunction, request: FrameworkRequest, trace: Entry): void {
    if (!(trace instanceof RequestTrace)) return;
    const facts = this.factsOf(type, handler);
    bindToRoute(trace, facts, request);
    if (facts.entries?.concern(request) === true)
      void admitRequest(facts.entries, { kind: 'http', args: [request] });
  }

  /** Called when a request reaches a resolver, or another function that Nest wraps for other libraries. */
  reachedExternal({ type, handler, kind }: ExternalMethod, args: readonly unknown[]): void {
    const trace = kind === 'http' || kind === 'graphql' ? entryAmong(args) : undefined;
    if (!(trace instanceof RequestTrace)) return;
    const facts = this.factsOf(type, handler);
    const [request] = args;
    if (kind === 'graphql') {
      // This is the first resolver of a query; its name and its `@NoSpan` do not apply to the others.
      trace.bindWithoutHandler(facts.instance);
      if (facts.instance?.entryRules.traces('graphql') === true) noteOperation(trace, args[3]);
    } else if (typeof request === 'object' && request !== null) {
      // Libraries always give the kind `http`.
      bindToRoute(trace, facts, request);
    }
    void admitRequest(facts.entries, { kind, args });
  }

  /** Clears the cached facts after another instance has joined. */
  reset(): void {
    this.facts = new WeakMap();
  }

  private factsOf(type: Type, handler: HandlerFunction): HandlerFacts {
    let ofClass = this.facts.get(type);
    if (ofClass === undefined) this.facts.set(type, (ofClass = new WeakMap<object, HandlerFacts>()));
    let facts = ofClass.get(handler);
    if (facts === undefined) {
      const { name, method } = handlerMethod(type, handler);
      facts = ofClass.get(method) ?? this.newFacts(type, name, method);
      ofClass.set(method, facts).set(handler, facts);
    }
    return facts;
  }

  private newFacts(type: Type, name: string, method: object): HandlerFacts {
    return {
      ...this.coverage(type, method),
      functionName: `${type.name}.${name}`,
      untraced: isOwnPage(type) || isUntracedHandler(type, method),
      match: undefined,
    };
  }
}

function bindToRoute(trace: RequestTrace, facts: HandlerFacts, request: FrameworkRequest): void {
  trace.sse = facts.sse;
  if (facts.untraced) trace.excluded = true;
  const route = routeOf(request);
  if (facts.match?.route !== route || facts.match === undefined)
    facts.match = new RouteMatch(route, facts.functionName, facts.moduleName);
  trace.bindToInstance(facts.instance, facts.match, request);
}

function noteOperation(trace: RequestTrace, info: unknown): void {
  const operation = graphqlOperation(info);
  if (operation === undefined || trace.graphql !== undefined) return;
  trace.graphql = operation;
  trace.span.setAttributes(operationAttributes(operation));
}
