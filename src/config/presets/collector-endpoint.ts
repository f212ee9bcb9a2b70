import { url as urlCheck } from '../text-checks.js';

/**
 * Completes the base address of a collector to the one that takes traces over HTTP:
 * `https://host/s/me` becomes `https://host/s/me/v1/traces`. An address that already ends so is
 * kept; `/v1` is completed; a query is kept.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID` if the address has no scheme or host
 */
export function ensureCollectorEndpoint(address: string): string {
  urlCheck.assert(address, 'endpoint');
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, '').replace(/\/v1(\/traces)?$/, '')}/v1/traces`;
  return url.href;
}
