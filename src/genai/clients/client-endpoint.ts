import type { CallDescription } from '../call-facts.js';
import type { GenAiOperation } from '../operations.js';

/** Decides about a chunk before the consumer sees it. @returns `false` if the chunk is withheld */
export type ChunkFilter = (chunk: unknown) => boolean;

/** Options for instrumenting a client. */
export interface InstrumentOptions {
  /** The provider; default: detected from the client and its address. */
  readonly provider?: string;
  /**
   * Whether to request token counts for OpenAI's streamed chat completions
   * (`stream_options.include_usage`), and to withhold the additional chunk from the app. Default false:
   * such streams only have token counts if the app requests them.
   */
  readonly streamUsage?: boolean;
}

/** A request to a model, read from the client's arguments. */
export interface ClientRequest {
  readonly options: CallDescription;
  readonly input?: unknown;
  readonly instructions?: unknown;
  readonly tools?: readonly unknown[];
  /** Arguments that replace the app's own. */
  readonly args?: unknown[];
  readonly filter?: ChunkFilter;
  /** A signal that aborts the request, if the client's stream has no controller of its own. */
  readonly signal?: AbortSignal | undefined;
}

/** A method of a client that calls a model. */
export interface ClientEndpoint {
  readonly resource: object;
  readonly method: string;
  readonly operation: GenAiOperation;
  readonly read: (args: unknown[]) => ClientRequest | undefined;
}
