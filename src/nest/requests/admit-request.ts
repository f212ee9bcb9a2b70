import { BadRequestException, type ExecutionContext } from '@nestjs/common';
import { routeOf, type FrameworkRequest } from '../../http/framework-request.js';
import { servedContext } from './served-entry.js';
import type { BaggageRequest } from '../baggage/baggage-options.js';
import type { RequestEntries } from '../baggage/request-entries.js';

type ServedRequest = BaggageRequest & FrameworkRequest;

/** The arguments of a call by Nest. */
export interface Served {
  /** Nest's name for the kind of the arguments, such as `http`. */
  readonly kind: unknown;
  readonly args: readonly unknown[];
}

/** Returns the arguments that an enhancer is called for. */
export function servedIn(context: ExecutionContext): Served {
  return { kind: context.getType<string>(), args: context.getArgs() };
}

/**
 * Admits a request and adds its entries.
 *
 * @throws BadRequestException with the first missing required header
 */
export function admitRequest(
  entries: RequestEntries | undefined,
  { kind, args }: Served,
): boolean | Promise<boolean> {
  if (entries === undefined) return true;
  const request = requestOf(kind, args);
  if (request === undefined) return true;
  const missing = entries.admit(request, servedContext(args).flow, routeOf(request) ?? pathOf(request));
  return missing instanceof Promise ? missing.then(answer) : answer(missing);
}

/**
 * Adds the entries of a user that was set by a guard after {@link admitRequest}. @returns a promise to wait
 * for, if there is one
 */
export function learnUser(entries: RequestEntries, { kind, args }: Served): Promise<void> | undefined {
  const request = requestOf(kind, args);
  const { flow } = servedContext(args);
  if (request === undefined || flow === undefined) return undefined;
  return entries.learn(request, flow, routeOf(request) ?? pathOf(request));
}

/**
 * Returns the HTTP request behind a route or resolver, if there is one. The kind alone is not reliable:
 * libraries that use Nest's external context always say `http`, and a GraphQL subscription only has the
 * handshake of its WebSocket, to which browsers add no headers.
 */
function requestOf(kind: unknown, args: readonly unknown[]): ServedRequest | undefined {
  let request: Partial<ServedRequest> | undefined;
  if (kind === 'http') request = args[0] as typeof request;
  else if (kind === 'graphql') request = (args[2] as { readonly req?: typeof request } | undefined)?.req;
  const { headers } = request ?? {};
  if (headers === undefined || (kind === 'graphql' && isWebSocket(headers.upgrade))) return undefined;
  return request as ServedRequest;
}

function isWebSocket(upgrade: unknown): boolean {
  return typeof upgrade === 'string' && upgrade.toLowerCase() === 'websocket';
}

/**
 * Returns the path where Express has mounted the handler, if it is mounted; the app's patterns name only
 * this part.
 */
function pathOf({ baseUrl, url }: ServedRequest): string {
  return typeof baseUrl === 'string' && baseUrl !== '' ? baseUrl : url;
}

function answer(missing: string | undefined): true {
  if (missing === undefined) return true;
  throw new BadRequestException(`The request header \`${missing}\` is missing or cannot be used.`);
}
