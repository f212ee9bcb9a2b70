import type { CallDescription } from '../call-facts.js';
import type { GenAiOperation } from '../operations.js';

/** Decides about a chunk before the consumer sees it. @returns false for one that is kept back */
export type ChunkFilter = (chunk: unknown) => boolean;

/** How a client is instrumented. */
export interface InstrumentOptions {
  /** Default: found out from the client and its address. */
  readonly provider?: string;
  /**
   * Asks OpenAI for the tokens of streamed chat completions (`stream_options.include_usage`) and
   * keeps the additional chunk from the app. Default false: such streams then have tokens only
   * where the app asks for them.
   */
  readonly streamUsage?: boolean;
}

/** A request to a model, as its client was given it. */
export interface ClientRequest {
  readonly options: CallDescription;
  readonly input?: unknown;
  readonly instructions?: unknown;
  readonly tools?: readonly unknown[];
  /** Handed to the client in place of what the app gave. */
  readonly args?: unknown[];
  readonly filter?: ChunkFilter;
  /** Breaks the request off, where the client's stream has no such signal of its own. */
  readonly signal?: AbortSignal | undefined;
}

/** A method of a client that calls a model. */
export interface ClientEndpoint {
  readonly resource: object;
  readonly method: string;
  readonly operation: GenAiOperation;
  readonly read: (args: unknown[]) => ClientRequest | undefined;
}
