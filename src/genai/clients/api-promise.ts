/**
 * The promise of a request by a client that Stainless generated, such as OpenAI's and Anthropic's. It reads
 * the response when its result is first requested, and its `then` is overridden.
 */
export interface ApiPromise extends Promise<unknown> {
  responsePromise: Promise<unknown>;
  parseResponse: (client: unknown, properties: unknown) => unknown;
  /** Set as soon as the parsed response is requested. */
  readonly parsedPromise?: unknown;
  asResponse(): Promise<unknown>;
}

export function isApiPromise(value: unknown): value is ApiPromise {
  if (!(value instanceof Promise)) return false;
  const { responsePromise, parseResponse } = value as Partial<ApiPromise>;
  return responsePromise instanceof Promise && typeof parseResponse === 'function';
}

/** Callbacks for the steps of such a request. */
export interface ApiPromiseTap {
  /** Wraps the reading of the response. */
  readonly inside: <T>(fn: () => T) => T;
  /** Called with the parsed response, which it may observe. */
  readonly parsed: (value: unknown) => void;
  readonly failed: (error: unknown) => void;
  /** Called if only the raw response was requested. */
  readonly unparsed: () => void;
}

/** Follows such a promise to its end. The object keeps its identity. */
export function followApiPromise(promise: ApiPromise, tap: ApiPromiseTap): void {
  const parse = promise.parseResponse;
  promise.responsePromise = promise.responsePromise.then(
    (properties) => properties,
    (error: unknown) => {
      tap.failed(error);
      throw error;
    },
  );
  promise.parseResponse = async (...args) => {
    try {
      const value: unknown = await tap.inside(() => parse.apply(promise, args));
      tap.parsed(value);
      return value;
    } catch (error) {
      tap.failed(error);
      throw error;
    }
  };
  const asResponse = promise.asResponse.bind(promise);
  void Object.defineProperty(promise, 'asResponse', {
    configurable: true,
    writable: true,
    value: async () => {
      const response = await asResponse();
      if (promise.parsedPromise === undefined) tap.unparsed();
      return response;
    },
  });
}
