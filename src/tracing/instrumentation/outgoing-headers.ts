import { isSpanContextValid, type Span } from '@opentelemetry/api';
import { activeContext } from '../../context/flow-context.js';
import type { Propagation } from '../../context/propagation.js';

/** A request of `node:http` before it is sent. */
interface NodeRequest {
  readonly headersSent: boolean;
  /** The address of the connection, which may differ from the `Host` header. */
  readonly host?: string;
  readonly protocol?: string;
  readonly path?: string;
  getHeader(name: string): unknown;
  setHeader(name: string, value: string): unknown;
}

/** A request of undici. Its headers are names and values in turn, or one text before version 6. */
interface UndiciRequest {
  readonly origin: string | URL;
  readonly path: string;
  headers: unknown[] | string;
  addHeader?(name: string, value: string): unknown;
}

/**
 * Writes trace context, and baggage if the host may receive it, into a request that an instrumentation has
 * begun.
 */
export function writeNodeHeaders(span: Span, request: NodeRequest, propagation: Propagation): void {
  if (request.headersSent) return;
  const host = destination(request.path) ?? connectedHost(request);
  for (const [name, value] of headersFor(span, host, propagation)) {
    if (!saysWho(name) || request.getHeader(name) === undefined) request.setHeader(name, value);
  }
}

/** Writes the headers of undici's and `fetch`'s requests. */
export function writeUndiciHeaders(span: Span, request: UndiciRequest, propagation: Propagation): void {
  const host = destination(request.path) ?? hostOf(new URL(request.origin));
  for (const [name, value] of headersFor(span, host, propagation)) {
    const at = indexOfHeader(request.headers, name);
    if (at === undefined) addHeader(request, name, value);
    else if (!saysWho(name) && Array.isArray(request.headers)) request.headers[at + 1] = value;
  }
}

function headersFor(span: Span, host: string, propagation: Propagation): [string, string][] {
  const context = activeContext();
  if (context.suppressed || !isSpanContextValid(span.spanContext())) return [];
  return Object.entries(propagation.headersTo(host, context.withSpan(span)));
}

/** Returns the destination of a proxied request, whose path is a whole address. */
function destination(path: string | undefined): string | undefined {
  return path !== undefined && /^https?:\/\//i.test(path) ? hostOf(new URL(path)) : undefined;
}

/**
 * Returns the host and port of a request. Only Node's own `Host` header shows the port reliably, not one
 * that the app wrote.
 */
function connectedHost(request: NodeRequest): string {
  const { host = 'localhost', protocol = '' } = request;
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const named = request.getHeader('host');
  if (named === name) return `${name}:${defaultPort(protocol)}`;
  return typeof named === 'string' && named.startsWith(`${name}:`) ? named : name;
}

function hostOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || defaultPort(protocol)}`;
}

function defaultPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80';
}

/**
 * Whether a header identifies the user. Such baggage is kept if the app wrote it, while trace context must
 * name the client's span.
 */
function saysWho(header: string): boolean {
  return header === 'baggage' || header.startsWith('uberctx-');
}

function indexOfHeader(headers: UndiciRequest['headers'], name: string): number | undefined {
  if (typeof headers === 'string') return headers.toLowerCase().includes(`\r\n${name}:`) ? 0 : undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (String(headers[index]).toLowerCase() === name) return index;
  }
  return undefined;
}

function addHeader(request: UndiciRequest, name: string, value: string): void {
  if (typeof request.addHeader === 'function') request.addHeader(name, value);
  else if (typeof request.headers === 'string') request.headers += `${name}: ${value}\r\n`;
  else request.headers.push(name, value);
}
