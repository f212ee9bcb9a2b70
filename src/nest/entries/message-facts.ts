import { SpanKind, type Attributes } from '@opentelemetry/api';
import { CONVENTIONS as C, OTHER_METHOD } from '../../entries/conventions.js';
import { headersOf } from '../../entries/entry-carrier.js';
import type { EntryFacts, EntryOutcome, Failure } from '../../entries/entry-facts.js';
import type { MessageArrival, ServerFields } from './message-arrival.js';

/** Facts about a message that follow from its pattern. */
export interface KnownMessage {
  readonly system: string;
  readonly pattern: string;
  readonly isEvent: boolean;
  /** The handler's `Class.method`; empty without a handler. */
  readonly functionName: string;
}

/** Returns the attributes of a message's span, by the conventions for remote calls or for messaging. */
export function messageFacts(
  server: ServerFields,
  { system, pattern, isEvent, functionName }: KnownMessage,
  arrival: MessageArrival | undefined,
  args: readonly unknown[],
): EntryFacts {
  const attributes: Attributes = arrival?.describe(server) ?? {};
  if (functionName !== '') attributes[C.functionName] = functionName;
  if (isEvent || (system !== 'tcp' && system !== 'grpc')) attributes[C.system] = system;
  const measured: Attributes = {};
  if (isEvent) {
    attributes[C.operationName] = 'process';
    attributes[C.operationType] = 'process';
    attributes[C.destination] ??= pattern;
    measured[C.system] = system;
    measured[C.destination] = pattern;
    measured[C.operationName] = 'process';
  } else {
    attributes[C.rpcSystem] = system === 'grpc' ? 'grpc' : 'nestjs';
    attributes[C.rpcMethod] = pattern;
    measured[C.rpcSystem] = attributes[C.rpcSystem];
    measured[C.rpcMethod] = pattern;
  }
  return {
    kind: 'microservices',
    name: isEvent ? `process ${pattern}` : pattern,
    spanKind: isEvent ? SpanKind.CONSUMER : SpanKind.SERVER,
    pattern,
    handler: functionName,
    attributes,
    args,
    headers: arrival?.headers ?? headersOfContext(args),
    ...(isEvent ? {} : { relation: 'parent' as const }),
    startTime: arrival?.startTime,
    metric: isEvent
      ? { name: C.processDuration, attributes: measured, count: C.consumedMessages }
      : { name: C.serverCallDuration, attributes: measured },
    outcome: rpcOutcome,
  };
}

function rpcOutcome(failure: Failure | undefined): EntryOutcome {
  const code = failure && codeOf(failure.error);
  return { attributes: code === undefined ? {} : { [C.rpcStatusCode]: String(code) } };
}

/** Returns the code of an `RpcException`, or of the object that it was created from. */
export function codeOf(error: unknown): string | number | undefined {
  try {
    const { getError, code } = Object(error) as { getError?: () => unknown; code?: unknown };
    const given = typeof getError === 'function' ? (getError.call(error) as { code?: unknown } | null) : null;
    const found = given?.code ?? code;
    return typeof found === 'string' || typeof found === 'number' ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Returns gRPC's metadata, or the headers of a strategy's message context. */
function headersOfContext(args: readonly unknown[]): ReturnType<typeof headersOf> {
  const [first, second] = args as [unknown, unknown];
  for (const candidate of [second, first]) {
    const { getMap, metadata, getHeaders } = Object(candidate) as Record<string, unknown>;
    if (typeof getMap === 'function') return headersOf(candidate);
    if (typeof metadata === 'object' && metadata !== null && 'getMap' in metadata) return headersOf(metadata);
    if (typeof getHeaders === 'function') {
      try {
        return headersOf(getHeaders.call(candidate));
      } catch {
        return undefined;
      }
    }
  }
  return undefined;
}

/** Returns a pattern as text, in the form that Nest routes by; `Service/Method` for gRPC. */
export function patternText(
  server: { normalizePattern?(pattern: unknown): string },
  system: string,
  pattern: unknown,
): string {
  if (system === 'grpc') {
    const { service, rpc } = (pattern ?? {}) as { service?: unknown; rpc?: unknown };
    if (typeof service === 'string' && typeof rpc === 'string') return `${service}/${rpc}`;
  }
  if (typeof pattern === 'string') return pattern;
  if (pattern instanceof RegExp) return String(pattern);
  try {
    return server.normalizePattern?.(pattern) ?? safeJson(pattern);
  } catch {
    return safeJson(pattern);
  }
}

export function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return OTHER_METHOD;
  }
}
