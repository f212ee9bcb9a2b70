import type { ModulesContainer } from '@nestjs/core';
import { activeContext } from '../../context/flow-context.js';
import { RequestTrace } from '../../http/request-trace.js';
import { SseTrace } from '../../http/stream-sse.js';
import { likeMethod, type Method } from '../like-method.js';

/** Where `@Sse` marks a handler. */
export const SSE_METADATA = '__sse__';

type Controller = Record<string, unknown>;

/** What is needed of Nest's record of a controller. */
interface ControllerWrapper {
  readonly metatype: unknown;
  readonly instance: unknown;
  isDependencyTreeStatic(): boolean;
  getInstanceByContextId(...args: unknown[]): { readonly instance?: unknown } | undefined;
}

/**
 * Lets `@Sse` handlers return Observables whose producers have the stream's span active.
 *
 * Each controller instance gets its own method in front of its class's, before Nest builds the routes. No interceptor is involved, since one would
 * change when Nest sends the headers, and what a client that leaves early interrupts.
 */
export class SseHandlers {
  /** One per method, so that what others remember by handler does not grow with request-scoped controllers. */
  private readonly wrappers = new WeakMap<Method, Method>();

  wrapAll(modules: ModulesContainer): void {
    for (const module of modules.values()) {
      for (const controller of module.controllers.values()) this.wrap(controller);
    }
  }

  private wrap(controller: ControllerWrapper): void {
    const names = sseMethods(controller.metatype);
    if (names.length === 0) return;
    if (controller.isDependencyTreeStatic()) {
      this.wrapMethods(controller.instance, names);
      return;
    }
    const find = controller.getInstanceByContextId.bind(controller);
    controller.getInstanceByContextId = (...args) => {
      const host = find(...args);
      this.wrapMethods(host?.instance, names);
      return host;
    };
  }

  /** Never throws: a controller that cannot be changed is served as it is. */
  private wrapMethods(instance: unknown, names: readonly string[]): void {
    if (typeof instance !== 'object' || instance === null || !Object.isExtensible(instance)) return;
    for (const name of names) {
      const method = (instance as Controller)[name];
      if (typeof method !== 'function') continue;
      const wrapper = this.wrapperOf(method as Method);
      if (wrapper === method) continue;
      Reflect.defineProperty(instance, name, { value: wrapper, configurable: true, writable: true });
    }
  }

  private wrapperOf(method: Method): Method {
    let wrapper = this.wrappers.get(method);
    if (wrapper === undefined) {
      wrapper = likeMethod(this.traced(method), method);
      this.wrappers.set(method, wrapper);
      this.wrappers.set(wrapper, wrapper);
    }
    return wrapper;
  }

  private traced(method: Method): Method {
    return function wrapper(this: unknown, ...args: unknown[]): unknown {
      const trace = activeContext().flow?.entry;
      // Also called by other methods, whose result no client gets.
      if (!(trace instanceof RequestTrace) || trace.sse?.handler !== wrapper) return method.apply(this, args);
      const stream = trace.stream instanceof SseTrace ? trace.stream : new SseTrace(trace, trace.sse);
      trace.stream = stream;
      return stream.handle(() => method.apply(this, args));
    };
  }
}

function sseMethods(metatype: unknown): string[] {
  const names = new Set<string>();
  let prototype = (metatype as { prototype?: object } | undefined)?.prototype;
  while (prototype !== undefined && prototype !== Object.prototype) {
    for (const [name, { value }] of Object.entries<PropertyDescriptor>(
      Object.getOwnPropertyDescriptors(prototype),
    )) {
      if (typeof value === 'function' && Reflect.hasMetadata(SSE_METADATA, value as Method)) names.add(name);
    }
    prototype = (Object.getPrototypeOf(prototype) as object | null) ?? undefined;
  }
  return [...names];
}
