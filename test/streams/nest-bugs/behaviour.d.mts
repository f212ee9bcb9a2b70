/** What happened in one situation: the answer, if the client waited for it, and the steps of handler and producer in order. */
export interface Situation {
  readonly response: { readonly status: number; readonly headers: object; readonly body: string } | undefined;
  readonly log: readonly string[];
}

export function observeBehaviour(modules: {
  readonly common: unknown;
  readonly core: unknown;
  readonly rxjs: unknown;
  readonly adapter: () => unknown;
  readonly imports?: readonly unknown[];
  readonly interceptor?: unknown;
}): Promise<Record<string, Situation>>;
