import type { RouterResponseController } from '@nestjs/core/router/router-response-controller.js';
import { isObservable, type Observable } from 'rxjs';
import { entryOf } from '../../context/entry.js';
import { activeContext } from '../../context/flow-context.js';
import { RequestTrace } from '../../http/request-trace.js';
import { SseTrace } from '../../http/stream-sse.js';
import { observeHere } from '../../tracing/context-subscriber.js';

/** The part of Nest that subscribes to what handlers and interceptors return. */
type Controller = Pick<RouterResponseController, 'transformToResult' | 'sse'>;

let controller: Controller | undefined;
/** Nest's own methods, while apps with telemetry are open. */
let replaced: Controller | undefined;
let apps = 0;

/**
 * Has Nest subscribe to the Observables of handlers and interceptors in the context of their request: a
 * source that many share, such as the answers of a `ClientProxy`, would run their operators in another's.
 * Streams of `@Sse` routes are followed there as well.
 *
 * Nest's own class is changed, since neither an interceptor (which costs each request) nor a wrapper of the
 * handler (which guards and decorators would find in its place) does without a trace.
 */
export async function loadResponseController(): Promise<void> {
  try {
    const loaded = await import('@nestjs/core/router/router-response-controller.js');
    controller ??= loaded.RouterResponseController.prototype;
  } catch {
    // A version of Nest that has it elsewhere: operators run where their source emits.
  }
}

/** An app begins to use {@link loadResponseController}. */
export function followReturnedObservables(): void {
  apps += 1;
  if (replaced !== undefined || controller === undefined) return;
  const { transformToResult, sse } = controller;
  if (typeof transformToResult !== 'function' || typeof sse !== 'function') return;
  replaced = { transformToResult, sse };
  controller.transformToResult = function (result) {
    return transformToResult.call(this, isObservable(result) && inEntry() ? observeHere(result) : result);
  };
  controller.sse = function (result, response, request, options) {
    return sse.call(this, followed(request, result) as typeof result, response, request, options);
  };
}

/** The app is closed: with the last of them, Nest has its own methods back. */
export function leaveReturnedObservables(): void {
  apps -= 1;
  if (apps > 0 || replaced === undefined || controller === undefined) return;
  Object.assign(controller, replaced);
  replaced = undefined;
}

/** Elsewhere no context is kept. */
function inEntry(): boolean {
  return activeContext().flow?.entry !== undefined;
}

/** Wraps the Observable of an `@Sse` route, so that its producer has the stream's span active. */
function followed(request: unknown, result: unknown): unknown {
  const trace = entryOf(request);
  if (!(trace instanceof RequestTrace)) return result;
  const { sse } = trace;
  if (sse === undefined || trace.closed) return whenReturned(result, observeHere);
  const stream = trace.stream instanceof SseTrace ? trace.stream : new SseTrace(trace, sse);
  trace.stream = stream;
  return whenReturned(
    result,
    (source) => stream.observe(source),
    (error) => {
      stream.failed(error);
    },
  );
}

function whenReturned(
  result: unknown,
  observe: (source: Observable<unknown>) => Observable<unknown>,
  failed?: (error: unknown) => void,
): unknown {
  if (isObservable(result)) return observe(result);
  if (!isThenable(result)) return result;
  return Promise.resolve(result).then(
    (value) => (isObservable(value) ? observe(value) : value),
    (error: unknown) => {
      failed?.(error);
      throw error;
    },
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
