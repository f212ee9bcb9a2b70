/** The options of Nest's clients and BullMQ's queues that contain the broker's address. */
export interface BrokerOptions {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly url?: unknown;
  readonly urls?: unknown;
  readonly servers?: unknown;
  readonly client?: { readonly brokers?: unknown };
}

/** The address of a client's broker. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number | undefined;
}

const LOCALHOST: BrokerAddress = { host: 'localhost', port: undefined };

/** Returns the first of a client's brokers, without credentials; default `localhost`, as in Nest. */
export function addressOf(client: { readonly options?: BrokerOptions }): BrokerAddress {
  const { host, port } = client as BrokerOptions;
  if (typeof host === 'string') return { host, port: portOf(port) };
  const { options } = client;
  if (typeof options !== 'object') return LOCALHOST;
  if (typeof options.host === 'string') return { host: options.host, port: portOf(options.port) };
  const first = firstOf(options.url) ?? firstOf(options.urls) ?? firstOf(options.servers);
  return parse(first ?? firstOf(options.client?.brokers));
}

function firstOf(given: unknown): unknown {
  return Array.isArray(given) ? given[0] : given;
}

function parse(given: unknown): BrokerAddress {
  if (typeof given === 'object' && given !== null) {
    const { hostname, host, port } = given as Record<string, unknown>;
    const name = hostname ?? host;
    return typeof name === 'string' ? { host: name, port: portOf(port) } : LOCALHOST;
  }
  if (typeof given !== 'string' || given === '') return LOCALHOST;
  try {
    const { hostname, port } = new URL(given.includes('://') ? given : `broker://${given}`);
    return { host: hostname, port: portOf(port) };
  } catch {
    return LOCALHOST;
  }
}

function portOf(port: unknown): number | undefined {
  const number = Number(port);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
