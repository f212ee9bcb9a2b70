import { compileNames } from './name-patterns.js';

/**
 * Whether a host is selected. @param host - as in a URL, best with its port:
 * `api.example.com:443`, `[::1]:80`
 */
export type HostFilter = (host: string) => boolean;

/**
 * Compiles a list of hosts: exact (`api.example.com`, any port), with `*` for any characters, such as a
 * domain with everything below it but not itself (`*.example.com`), either with a port (`localhost:3000`), or
 * all (`*`). Case does not count.
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
  // Neither the dot of a fully qualified name nor the brackets of an IPv6 address tell hosts apart.
  const unbracketed = withoutBrackets(name);
  return unbracketed.endsWith('.') ? unbracketed.slice(0, -1) : unbracketed;
}

function withoutBrackets(name: string): string {
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}
