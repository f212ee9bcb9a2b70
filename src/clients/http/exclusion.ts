import { compileHosts } from '../../context/host-patterns.js';
import { compilePatterns } from '../../context/name-patterns.js';
import type { OutgoingUrl } from './outgoing-url.js';

/** Whether calls to an address are excluded. */
export type Exclusion = (url: OutgoingUrl) => boolean;

/**
 * Compiles `clients.http.exclude`: hosts as in `propagation.traceHosts`, and regular expressions for the
 * address without its query.
 */
export function compileExclusion(patterns: readonly (string | RegExp)[]): Exclusion {
  if (patterns.length === 0) return () => false;
  const hosts = compileHosts(patterns.filter((pattern) => typeof pattern === 'string'));
  const expressions = patterns.filter((pattern) => pattern instanceof RegExp);
  const matches = compilePatterns(expressions);
  return (url) => {
    const host = url.hostname.includes(':') ? `[${url.hostname}]` : url.hostname;
    if (hosts(`${host}:${url.port}`)) return true;
    if (expressions.length === 0) return false;
    const address = `${url.scheme}://${host}:${url.port}${url.path}`;
    const written = isDefaultPort(url) ? `${url.scheme}://${host}${url.path}` : address;
    return matches(written) || matches(address);
  };
}

function isDefaultPort({ scheme, port }: OutgoingUrl): boolean {
  return port === (scheme === 'https' ? 443 : 80);
}
