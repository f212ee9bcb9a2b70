import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { TlsConfig } from '../config/exporter-config.js';
import { TelemetryConfigError } from '../errors.js';

/** A parsed address, and the form of it that may be shown. */
export interface Endpoint {
  readonly url: URL;
  /** The address without user, password and query. */
  readonly shown: string;
  /** `Authorization` value of the user and password in the address. */
  readonly authorization?: string;
}

/**
 * Parses the address of a receiver.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_EXPORTER_UNBUILDABLE` if it is not an http or https address
 */
export function parseEndpoint(address: string): Endpoint {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new TelemetryConfigError({
      code: 'TELEMETRY_EXPORTER_UNBUILDABLE',
      path: 'exporter.url',
      expected: 'an address with its scheme, such as `http://localhost:4317`',
      got: address,
      secret: address.includes('@'),
      remedy: 'Write `http://` for plaintext or `https://` for TLS before host and port.',
    });
  }
  const { username, password } = url;
  const path = url.pathname === '/' ? '' : url.pathname;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    url,
    shown: `${url.protocol}//${url.host}${path}`,
    ...((username !== '' || password !== '') && {
      authorization: `Basic ${Buffer.from(user).toString('base64')}`,
    }),
  };
}

/**
 * Returns an error that names an unusable header but not its value. The cause is left out, since it may
 * quote the value.
 */
export function unusableHeader(name: string): TelemetryConfigError {
  return new TelemetryConfigError({
    code: 'TELEMETRY_EXPORTER_UNBUILDABLE',
    path: `exporter.headers.${name}`,
    expected: 'a header that can be sent',
    got: '',
    secret: true,
    remedy:
      'Use letters, digits and dashes in the name, and printable ASCII without line breaks in the value.',
  });
}

/**
 * Checks certificates early; OpenSSL would report a mistake only when it connects, or never.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_EXPORTER_UNBUILDABLE`
 */
export function checkTls({ ca, cert, key }: TlsConfig): void {
  try {
    // Node ignores an unreadable certificate authority.
    if (ca !== undefined) new X509Certificate(ca);
    createSecureContext({
      ...(cert !== undefined && { cert: asPem(cert) }),
      ...(key !== undefined && { key: asPem(key) }),
    });
  } catch (error) {
    throw unusableTls(error);
  }
  if ((cert === undefined) !== (key === undefined)) throw unusableTls();
}

/** Converts a value of {@link TlsConfig} to the form that Node's TLS accepts. */
export function asPem(value: string | Uint8Array): string | Buffer {
  return typeof value === 'string' ? value : Buffer.from(value);
}

function unusableTls(cause?: unknown): TelemetryConfigError {
  return new TelemetryConfigError({
    code: 'TELEMETRY_EXPORTER_UNBUILDABLE',
    path: 'exporter.tls',
    expected: 'certificates that OpenSSL can read',
    got: '',
    secret: true,
    remedy: 'Pass PEM text: `ca`, or `cert` together with its `key`.',
    cause,
  });
}
