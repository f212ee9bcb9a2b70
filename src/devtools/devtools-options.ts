/** Options of the devtools page: its address, its token, and how much it keeps. */
export interface DevtoolsOptions {
  /** The port; default 4319, or the next free one above it. 0 takes any free port. */
  readonly port?: number;
  /** The address to listen on; default `127.0.0.1`, which other machines cannot reach. */
  readonly host?: string;
  /**
   * A secret of at least 16 characters that every caller must send; default: a new random one at each
   * start.
   */
  readonly token?: string;
  /** The most traces to keep; default 1,000. */
  readonly maxTraces?: number;
  /** The approximate memory for traces, in bytes; default 64 MiB. */
  readonly maxBytes?: number;
}

export const DEFAULT_DEVTOOLS_PORT = 4319;
