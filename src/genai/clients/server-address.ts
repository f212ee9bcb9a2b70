import { defined } from '../answers/fields.js';

/** The address that a client sends requests to. */
export interface ServerAddress {
  readonly address: string;
  readonly port?: number;
}

export function serverOf(baseUrl: unknown): ServerAddress | undefined {
  if (typeof baseUrl !== 'string' || !URL.canParse(baseUrl)) return undefined;
  const { hostname, port, protocol } = new URL(baseUrl);
  const standard = protocol === 'http:' ? 80 : 443;
  return defined<ServerAddress>({ address: hostname, port: port === '' ? standard : Number(port) });
}
