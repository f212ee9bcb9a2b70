import { TelemetryConfigError } from '../errors.js';

/** Where devtools listens, who may look, and how much it keeps. */
export interface DevtoolsOptions {
  /** Default 4319, or the next free port above it; 0 for any free port. */
  readonly port?: number;
  /** Address to listen on; default `127.0.0.1`, which other machines do not reach. */
  readonly host?: string;
  /** What callers must know; default a new random one at each start. At least 16 characters. */
  readonly token?: string;
  /** Default 1,000. */
  readonly maxTraces?: number;
  /** About how much memory traces may hold, in bytes; default 64 MiB. */
  readonly maxBytes?: number;
}

export const DEFAULT_DEVTOOLS_PORT = 4319;
const MIN_TOKEN_LENGTH = 16;

/**
 * @throws TelemetryConfigError for a token that can be guessed, and in production without a token
 */
export function checkDevtoolsOptions(options: DevtoolsOptions, env: NodeJS.ProcessEnv): void {
  const { token } = options;
  if (token !== undefined && token.length < MIN_TOKEN_LENGTH) {
    throw new TelemetryConfigError({
      path: 'devtools.token',
      expected: `at least ${MIN_TOKEN_LENGTH} characters long`,
      remedy: 'Take a random one, or leave it out for a new one at each start.',
    });
  }
  if (token === undefined && env['NODE_ENV'] === 'production') {
    throw new TelemetryConfigError({
      path: 'devtools',
      expected: 'off where `NODE_ENV` is `production`, or given a `token`',
      remedy: 'Devtools shows requests to whoever has its token: leave it out, or pass `{ token }` on purpose.',
    });
  }
}
