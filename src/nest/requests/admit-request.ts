import { BadRequestException, type ExecutionContext } from '@nestjs/common';
import { routeOf, type FrameworkRequest } from '../../http/framework-request.js';
import { servedContext } from './served-entry.js';
import type { BaggageRequest } from '../baggage/baggage-options.js';
import type { RequestEntries } from '../baggage/request-entries.js';

type ServedRequest = BaggageRequest & FrameworkRequest;

/**
 * Lets a request pass with its entries added.
 *
 * @throws BadRequestException that names the first required header which is missing
 */
export function admitRequest(
  entries: RequestEntries | undefined,
  context: ExecutionContext,
): boolean | Promise<boolean> {
  if (entries === undefined) return true;
  const request = requestOf(context);
  if (request === undefined) return true;
  const missing = entries.admit(request, servedContext(context).flow, routeOf(request) ?? pathOf(request));
  return missing instanceof Promise ? missing.then(answer) : answer(missing);
}

/**
 * Adds who the user is where a guard that ran after {@link admitRequest} has told it. @returns what
 * to wait for, if anything
 */
export function learnUser(entries: RequestEntries, context: ExecutionContext): Promise<void> | undefined {
  const request = requestOf(context);
  const { flow } = servedContext(context);
  if (request === undefined || flow === undefined) return undefined;
  return entries.learn(request, flow, routeOf(request) ?? pathOf(request));
}

/**
 * The HTTP request that a route or a resolver serves, if there is one: libraries that call methods through
 * Nest's external context say `http` of whatever they hand over, and a subscription has the handshake of its
 * WebSocket, which browsers give no headers.
 */
function requestOf(context: ExecutionContext): ServedRequest | undefined {
  const type = context.getType<'http' | 'graphql' | 'other'>();
  let request: Partial<ServedRequest> | undefined;
  if (type === 'http') request = context.getArgByIndex(0);
  else if (type === 'graphql') {
    request = context.getArgByIndex<{ readonly req?: Partial<ServedRequest> } | undefined>(2)?.req;
  }
  const { headers } = request ?? {};
  if (headers === undefined || (type === 'graphql' && isWebSocket(headers.upgrade))) return undefined;
  return request as ServedRequest;
}

function isWebSocket(upgrade: unknown): boolean {
  return typeof upgrade === 'string' && upgrade.toLowerCase() === 'websocket';
}

/** Where Express has mounted what serves the request, if it has: the rest is not the app's to name. */
function pathOf({ baseUrl, url }: ServedRequest): string {
  return typeof baseUrl === 'string' && baseUrl !== '' ? baseUrl : url;
}

function answer(missing: string | undefined): true {
  if (missing === undefined) return true;
  throw new BadRequestException(`The request header \`${missing}\` is missing or cannot be used.`);
}
