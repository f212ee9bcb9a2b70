import { Logger, type Type } from '@nestjs/common';
import type { RouterExecutionContext } from '@nestjs/core/router/router-execution-context.js';
import type { FrameworkRequest } from '../../http/framework-request.js';
import { runningEntryOf } from '../../context/entry.js';
import type { Entry } from '../../context/flow-context.js';

/** Called for each request with an entry that reaches a route, before the route's guards. */
export interface RouteListener {
  reached(
    type: Type,
    handler: object & { readonly name: string },
    request: FrameworkRequest,
    entry: Entry,
  ): void;
}

type Create = RouterExecutionContext['create'];

let router: { create: Create } | undefined;
/** Nest's own method, while apps with telemetry are open. */
let replaced: Create | undefined;
/** Listeners by the app's configuration object, with which its routes are built. */
const listeners = new Map<unknown, RouteListener>();

/** Loads the part of Nest that builds a route's call; must be awaited before {@link followRoutes}. */
export async function loadRouter(): Promise<void> {
  try {
    const loaded = await import('@nestjs/core/router/router-execution-context.js');
    router ??= loaded.RouterExecutionContext.prototype;
  } catch {
    // This version of Nest keeps the file elsewhere.
  }
}

/**
 * Calls `listener` for requests to the routes that the app builds from now on.
 *
 * Nest's own class is changed, since a guard would cost each request Nest's guard machinery.
 *
 * @param config - the app's `ApplicationConfig`
 */
export function followRoutes(config: object, listener: RouteListener): void {
  if (typeof router?.create !== 'function') {
    new Logger('TelemetryModule').warn(
      'This version of Nest builds its routes in another way: server spans name no handler and no module, ' +
        'and belong to the instance of the root module.',
    );
    return;
  }
  listeners.set(config, listener);
  replaced ??= replaceCreate(router, router.create);
}

/** Called when an app is closed. The last one restores Nest's method. */
export function leaveRoutes(config: object): void {
  listeners.delete(config);
  if (listeners.size > 0 || replaced === undefined || router === undefined) return;
  router.create = replaced;
  replaced = undefined;
}

/** Replaces `create`, which Nest calls once for each handler. @returns the original `create` */
function replaceCreate(prototype: { create: Create }, create: Create): Create {
  prototype.create = function (this: RouterExecutionContext, ...given) {
    const handle = create.apply(this, given);
    const listener = listeners.get(configOf(this));
    if (listener === undefined) return handle;
    const [instance, callback] = given;
    const type = instance.constructor as Type;
    return (request, response, next) => {
      const entry = runningEntryOf(request as object);
      if (entry !== undefined) listener.reached(type, callback, request as FrameworkRequest, entry);
      return handle(request, response, next);
    };
  };
  return create;
}

function configOf(context: object): unknown {
  return (context as { guardsContextCreator?: { config?: unknown } }).guardsContextCreator?.config;
}
