import { maskQuery } from './mask-query.js';
import { SecretNames } from './secret-names.js';

/** Returns the query string with the values of sensitive parameters replaced. */
export type QueryRedaction = (query: string) => string;

/** @param more - parameters beside those whose names are known to give access */
export function compileQueryRedaction(more: readonly string[]): QueryRedaction {
  const names = new SecretNames();
  const own = new Set(more.map((name) => name.toLowerCase()));
  const isSecret = (name: string): boolean => own.has(name.toLowerCase()) || names.hasParameter(name);
  return (query) => maskQuery(query, { isSecret, mark: 'REDACTED' });
}
