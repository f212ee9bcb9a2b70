/** Where devtools listens, who may look, and how much it keeps. */
export interface DevtoolsOptions {
  /** Default 4319, or the next free port above it; 0 for any free port. */
  readonly port?: number;
  /** Address to listen on; default `127.0.0.1`, which other machines do not reach. */
  readonly host?: string;
  /** A secret of at least 16 characters that callers must know; default a new random one at each start. */
  readonly token?: string;
  /** Default 1,000. */
  readonly maxTraces?: number;
  /** About how much memory traces may hold, in bytes; default 64 MiB. */
  readonly maxBytes?: number;
}

export const DEFAULT_DEVTOOLS_PORT = 4319;
