import type { ClientCall } from '../client-call.js';
import { addressOf, type OutgoingUrl } from './outgoing-url.js';

/** The most expected resends of a parent span. */
const MAX_ADDRESSES = 20;

const expected = new WeakMap<object, Map<string, number>>();

/**
 * Returns how often a request was sent before: the last one below the same span failed, or was redirected
 * to this address.
 */
export function resendCount(call: ClientCall, url: OutgoingUrl): number {
  const parent = call.parentSpan;
  const addresses = parent === undefined ? undefined : expected.get(parent);
  const address = addressOf(url);
  const count = addresses?.get(address) ?? 0;
  addresses?.delete(address);
  call.resends = count;
  return count;
}

/** Records a response after which the client sends again. @param location - the header of a redirect */
export function expectResend(call: ClientCall, url: OutgoingUrl, location?: unknown): void {
  const parent = call.parentSpan;
  if (parent === undefined) return;
  let address = addressOf(url);
  if (typeof location === 'string') {
    try {
      const { protocol, host, pathname } = new URL(location, address);
      address = `${protocol}//${host}${pathname}`;
    } catch {
      return;
    }
  }
  const addresses = expected.get(parent) ?? new Map<string, number>();
  expected.set(parent, addresses);
  if (addresses.size < MAX_ADDRESSES) addresses.set(address, call.resends + 1);
}
