import { compileNames } from './name-patterns.js';

/**
 * Tests whether a host is selected. The host is written as in a URL, preferably with its port:
 * `api.example.com:443`, `[::1]:80`.
 */
export type HostFilter = (host: string) => boolean;

/**
 * Compiles a list of hosts: exact (`api.example.com`, any port), with `*` for any characters
 * (`*.example.com` matches subdomains only), either with a port (`localhost:3000`), or all (`*`). Case is
 * ignored.
 */
export function compileHosts(patterns: readonly string[]): HostFilter {
  if (patterns.includes('*')) return () => true;
  if (patterns.length === 0) return () => false;
  const lower = patterns.map((pattern) => pattern.toLowerCase());
  const matches = compileNames([...lower, ...lower.map(withoutBrackets)]);
  return (host) => {
    const whole = host.toLowerCase();
    return matches?.(whole) === true || matches?.(withoutPort(whole)) === true;
  };
}

function withoutPort(host: string): string {
  const name = host.replace(/:\d*$/, '');
  // The final dot of a fully qualified name and the brackets of an IPv6 address are ignored.
  const unbracketed = withoutBrackets(name);
  return unbracketed.endsWith('.') ? unbracketed.slice(0, -1) : unbracketed;
}

function withoutBrackets(name: string): string {
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}
