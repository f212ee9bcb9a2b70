import { compileHosts } from '../../context/host-patterns.js';
import { compilePatterns } from '../../context/name-patterns.js';
import { addressOf, hostWithPort, type OutgoingUrl } from './outgoing-url.js';

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
    const host = hostWithPort(url);
    if (hosts(host)) return true;
    if (expressions.length === 0) return false;
    return matches(addressOf(url)) || matches(`${url.scheme}://${host}${url.path}`);
  };
}
