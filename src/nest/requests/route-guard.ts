import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { routeOf, type FrameworkRequest } from '../../http/framework-request.js';
import { graphqlOperation, operationAttributes } from '../../http/graphql-operation.js';
import { RequestTrace } from '../../http/request-trace.js';
import { RouteMatch } from '../../http/route-match.js';
import type { SseRoute } from '../../http/stream-options.js';
import { isUntracedHandler } from '../metadata/untraced-handlers.js';
import { handlerMethod } from './handler-method.js';
import { isOwnPage } from './own-pages.js';
import { servedEntry } from './served-entry.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';

/** What is the same for every request to a handler. */
interface HandlerFacts {
  readonly instance: TelemetryInstance | undefined;
  readonly functionName: string;
  readonly moduleName: string | undefined;
  /** Of the last request: most handlers have one route. */
  match: RouteMatch | undefined;
  /** Where the handler's stream is traced. */
  readonly sse: SseRoute | undefined;
  /** Whether `@NoSpan` says that its requests are not traced. */
  readonly untraced: boolean;
}

/**
 * Runs before every other guard and lets everybody pass: it is where class and handler of a request become
 * known, so that its span gets an owner, a route and a sampling decision.
 */
export class RouteGuard implements CanActivate {
  /** Weak: a request-scoped class may have another function for each request. */
  private facts = new WeakMap<Type, WeakMap<object, HandlerFacts>>();

  constructor(
    private readonly coverage: (
      type: Type,
      handler: object,
    ) => Omit<HandlerFacts, 'functionName' | 'untraced' | 'match'>,
  ) {}

  canActivate(context: ExecutionContext): true {
    const type = context.getType<'http' | 'graphql' | 'other'>();
    if (type !== 'http' && type !== 'graphql') return true;
    const trace = servedEntry(context);
    if (!(trace instanceof RequestTrace)) return true;
    const facts = this.factsOf(context);
    if (type === 'graphql') {
      // The first of a query's resolvers; neither its name nor its `@NoSpan` stands for the others.
      trace.bindWithoutHandler(facts.instance);
      if (facts.instance?.entryRules.traces('graphql') === true)
        noteOperation(trace, context.getArgByIndex(3));
      return true;
    }
    const request = context.getArgByIndex<FrameworkRequest | null | undefined>(0);
    // Libraries that call methods through Nest's external context say `http` of whatever they hand over.
    if (typeof request === 'object' && request !== null) bindToRoute(trace, facts, request);
    return true;
  }

  /** Forgets what it knew, since another instance joined. */
  reset(): void {
    this.facts = new WeakMap();
  }

  private factsOf(context: ExecutionContext): HandlerFacts {
    const type = context.getClass();
    const handler = context.getHandler();
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
  trace.bind(facts.instance, facts.match, request);
}

function noteOperation(trace: RequestTrace, info: unknown): void {
  const operation = graphqlOperation(info);
  if (operation === undefined || trace.graphql !== undefined) return;
  trace.graphql = operation;
  trace.span.setAttributes(operationAttributes(operation));
}
