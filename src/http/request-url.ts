/** The path and query as the client sent them, without the host. */
export interface RequestTarget {
  readonly path: string;
  /** The query without the question mark; empty if there is none. */
  readonly query: string;
}

/**
 * Returns the target that the client sent. Frameworks rewrite `url` during routing; Express keeps the
 * original for mounted apps.
 */
export function targetOf(request: {
  readonly url?: string | undefined;
  readonly originalUrl?: unknown;
}): string {
  return typeof request.originalUrl === 'string' ? request.originalUrl : (request.url ?? '/');
}

/** Whether a request is a long poll of Engine.IO (socket.io), which waits for the next event. */
export function isLongPoll(target: string): boolean {
  const { query } = splitTarget(target);
  return /(?:^|&)EIO=\d/.test(query) && /(?:^|&)transport=polling(?:&|$)/.test(query);
}

/** Splits a request target. The absolute form that proxies send loses its origin. */
export function splitTarget(target: string): RequestTarget {
  let start = 0;
  if (!target.startsWith('/') && target.includes('://')) {
    const slash = target.indexOf('/', target.indexOf('://') + 3);
    if (slash === -1) return { path: '/', query: '' };
    start = slash;
  }
  const fragment = target.indexOf('#', start);
  const end = fragment === -1 ? target.length : fragment;
  const mark = target.indexOf('?', start);
  if (mark === -1 || mark > end) return { path: target.slice(start, end), query: '' };
  return { path: target.slice(start, mark), query: target.slice(mark + 1, end) };
}

/** The `server.address` and `server.port` of a `Host` header. */
export interface HostAndPort {
  readonly address: string;
  readonly port: number | undefined;
}

let lastHost: string | undefined;
let lastParsed: HostAndPort | undefined;

/**
 * Parses a `Host` or `:authority` value. The last result is cached, since most requests have the same host.
 */
export function parseHost(host: string | undefined): HostAndPort | undefined {
  if (host === undefined || host === '') return undefined;
  if (host === lastHost) return lastParsed;
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(host);
  const address = match?.[1] ?? match?.[2];
  lastHost = host;
  lastParsed =
    address === undefined
      ? undefined
      : { address, port: match?.[3] === undefined ? undefined : Number(match[3]) };
  return lastParsed;
}
