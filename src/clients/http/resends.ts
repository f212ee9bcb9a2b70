import type { ClientCall } from '../client-call.js';
import type { OutgoingUrl } from './outgoing-url.js';

/** Addresses that the next request of a parent span would be a resend to. */
const MAX_ADDRESSES = 20;

const expected = new WeakMap<object, Map<string, number>>();

/**
 * How often a request has been sent again: the last one below the same span failed, or
 * its answer redirected here.
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

/** Notes an answer that makes the client ask again. @param location - header of a redirect */
export function expectResend(call: ClientCall, url: OutgoingUrl, location?: string): void {
  const parent = call.parentSpan;
  if (parent === undefined) return;
  let address = addressOf(url);
  if (location !== undefined) {
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

/** The address in the form of `URL`, without the query. */
function addressOf({ scheme, hostname, port, path }: OutgoingUrl): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  const authority = port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
  return `${scheme}://${authority}${path}`;
}
