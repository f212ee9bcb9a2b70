import type { RouterResponseController } from '@nestjs/core/router/router-response-controller.js';
import { isObservable, type Observable } from 'rxjs';
import { activeContext } from '../../context/flow-context.js';
import { requestTraceOf } from '../../http/request-trace-of.js';
import { SseTrace } from '../../http/stream-sse.js';
import { observeHere } from '../../tracing/context-subscriber.js';

/** The part of Nest that subscribes to the Observables of handlers and interceptors. */
type Controller = Pick<RouterResponseController, 'transformToResult' | 'sse'>;

let controller: Controller | undefined;
/** Nest's own methods, while apps with telemetry are open. */
let replaced: Controller | undefined;
let apps = 0;

/**
 * Loads the class of Nest that subscribes to the Observables of handlers and interceptors. Its methods are
 * replaced so that they subscribe in the request's context: a shared source, such as the responses of a
 * `ClientProxy`, would otherwise run a request's operators in another request's context. `@Sse` streams are
 * traced there, too.
 *
 * Nest's own class is changed, because the alternatives are visible: an interceptor costs time per request,
 * and guards and decorators would see a wrapper instead of the handler.
 */
export async function loadResponseController(): Promise<void> {
  try {
    const loaded = await import('@nestjs/core/router/router-response-controller.js');
    controller ??= loaded.RouterResponseController.prototype;
  } catch {
    // If this version of Nest has the class elsewhere, operators run where their source emits.
  }
}

/** Called when an app begins to use {@link loadResponseController}. */
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

/** Called when an app is closed. The last one restores Nest's methods. */
export function leaveReturnedObservables(): void {
  apps -= 1;
  if (apps > 0 || replaced === undefined || controller === undefined) return;
  Object.assign(controller, replaced);
  replaced = undefined;
}

/** Whether the running code is inside an entry; elsewhere no context is kept. */
function inEntry(): boolean {
  return activeContext().flow?.entry !== undefined;
}

/** Wraps the Observable of an `@Sse` route, so that the stream's span is active in its producer. */
function followed(request: unknown, result: unknown): unknown {
  const trace = requestTraceOf(request);
  if (trace === undefined) return result;
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
