/** The address of a request. */
export interface OutgoingUrl {
  readonly scheme: 'http' | 'https';
  /** The host name, without brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
  /** The query, without the question mark. */
  readonly query: string;
}

/**
 * Combines an origin and a request target. If the target is a whole address, as for proxies, it is the
 * destination.
 */
export function outgoingUrl(origin: string, target: string): OutgoingUrl {
  const whole = /^https?:\/\//i.test(target);
  const url = new URL(whole ? target : origin);
  const scheme = url.protocol === 'https:' || url.protocol === 'wss:' ? 'https' : 'http';
  const path = whole ? url.pathname + url.search : target;
  const mark = path.indexOf('?');
  const hash = path.indexOf('#');
  const end = hash === -1 ? path.length : hash;
  return {
    scheme,
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port),
    path: mark === -1 || mark > end ? path.slice(0, end) : path.slice(0, mark),
    query: mark === -1 || mark > end ? '' : path.slice(mark + 1, end),
  };
}

/** Returns `url.full` without credentials and with the values of sensitive parameters masked. */
export function fullUrl(url: OutgoingUrl, redact: (query: string) => string): string {
  return `${addressOf(url)}${url.query === '' ? '' : `?${redact(url.query)}`}`;
}

/** Returns the address in the form of `URL`, without the query. */
export function addressOf(url: OutgoingUrl): string {
  const { scheme, port, path } = url;
  const isDefault = port === (scheme === 'https' ? 443 : 80);
  return `${scheme}://${isDefault ? bracketed(url) : hostWithPort(url)}${path}`;
}

/** Returns the host with its port, even if this is the default port. */
export function hostWithPort(url: OutgoingUrl): string {
  return `${bracketed(url)}:${url.port}`;
}

function bracketed({ hostname }: OutgoingUrl): string {
  return hostname.includes(':') ? `[${hostname}]` : hostname;
}
