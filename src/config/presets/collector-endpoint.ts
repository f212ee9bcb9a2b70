import { url as urlCheck } from '../text-checks.js';

/**
 * Completes a collector's base address to its address for traces over HTTP: `https://host/s/me` becomes
 * `https://host/s/me/v1/traces`. An address with that ending stays unchanged; `/v1` is completed; a query
 * is kept.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID` if the address has no scheme or host
 */
export function ensureCollectorEndpoint(address: string): string {
  urlCheck.assert(address, 'endpoint');
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, '').replace(/\/v1(\/traces)?$/, '')}/v1/traces`;
  return url.href;
}
