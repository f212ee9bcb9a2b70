import { BadRequestException, type ExecutionContext } from '@nestjs/common';
import { routeOf, type FrameworkRequest } from '../../http/framework-request.js';
import { servedContext } from './served-entry.js';
import type { BaggageRequest } from '../baggage/baggage-options.js';
import type { RequestEntries } from '../baggage/request-entries.js';

type ServedRequest = BaggageRequest & FrameworkRequest;

/** The arguments of a call by Nest. */
export interface Served {
  /** Nest's word for the kind of the arguments, such as `http`. */
  readonly kind: unknown;
  readonly args: readonly unknown[];
}

/** The object that an enhancer is called for. */
export function servedIn(context: ExecutionContext): Served {
  return { kind: context.getType<string>(), args: context.getArgs() };
}

/**
 * Lets a request pass with its entries added.
 *
 * @throws BadRequestException that names the first required header which is missing
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
 * Adds who the user is where a guard that ran after {@link admitRequest} has told it. @returns what
 * to wait for, if anything
 */
export function learnUser(entries: RequestEntries, { kind, args }: Served): Promise<void> | undefined {
  const request = requestOf(kind, args);
  const { flow } = servedContext(args);
  if (request === undefined || flow === undefined) return undefined;
  return entries.learn(request, flow, routeOf(request) ?? pathOf(request));
}

/**
 * The HTTP request that a route or a resolver serves, if there is one: libraries that call methods through
 * Nest's external context say `http` of whatever they hand over, and a subscription has the handshake of its
 * WebSocket, which browsers give no headers.
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

/** The path at which Express has mounted what serves the request, if it has: the app names only that part. */
function pathOf({ baseUrl, url }: ServedRequest): string {
  return typeof baseUrl === 'string' && baseUrl !== '' ? baseUrl : url;
}

function answer(missing: string | undefined): true {
  if (missing === undefined) return true;
  throw new BadRequestException(`The request header \`${missing}\` is missing or cannot be used.`);
}
