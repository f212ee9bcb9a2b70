import { maskQuery } from './mask-query.js';
import { SecretNames } from './secret-names.js';

/** Masks the values of sensitive parameters in a query string. */
export type QueryRedaction = (query: string) => string;

/**
 * Returns a function that masks a query, given without its question mark.
 *
 * @param more - further parameters to mask, in addition to those with credential-like names
 */
export function compileQueryRedaction(more: readonly string[]): QueryRedaction {
  const names = new SecretNames();
  const own = new Set(more.map((name) => name.toLowerCase()));
  const isSecret = (name: string): boolean => own.has(name.toLowerCase()) || names.hasParameter(name);
  return (query) => maskQuery(query, { isSecret, mark: 'REDACTED' });
}
