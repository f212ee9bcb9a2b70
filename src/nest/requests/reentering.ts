import { METHODS } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { applyInEntryOf } from '../../context/entry.js';
import type { RegisteredRoute } from '../../http/missed-routes.js';
import { requestTraceOf } from '../../http/request-trace-of.js';

type Callback = (this: unknown, ...args: unknown[]) => unknown;
type Registration = (...args: unknown[]) => unknown;
type Registrar = Record<string, unknown>;

const reenters = new WeakSet<Callback>();
const watched = new WeakSet<object>();

/**
 * Wraps a callback so that it runs in the context of the request among its arguments. The framework may
 * call it from the connection of a session store, or from an event of the request. The wrapper looks like
 * the callback to all frameworks.
 *
 * @param position - the index of the request among the arguments
 */
function reentering(callback: Callback, position: number): Callback {
  if (reenters.has(callback)) return callback;
  const wrapper: Callback = function (...args) {
    return applyInEntryOf(args[position], callback, this, args);
  };
  // Frameworks read properties and metadata, even later ones, and recognise error handlers by their length.
  Object.setPrototypeOf(wrapper, callback);
  Object.defineProperty(wrapper, 'name', { value: callback.name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: callback.length, configurable: true });
  reenters.add(wrapper);
  return wrapper;
}

/**
 * Makes all later registrations with an app's framework (routes, middleware, hooks, error handlers) run in
 * the context of the request that they serve. Mounted routers and apps are not wrapped, since they are more
 * than functions.
 *
 * @param routes - receives the registered routes
 */
export function reenterRequests(
  adapter: AbstractHttpAdapter | null | undefined,
  routes: RegisteredRoute[],
): void {
  // A standalone context has no adapter.
  if (adapter === undefined || adapter === null || watched.has(adapter)) return;
  watched.add(adapter);
  const server = adapter as unknown as Registrar;
  const framework = adapter.getInstance<Registrar | undefined>();
  const type = adapter.getType();
  if (type === 'fastify' && framework !== undefined) {
    reenterMiddleware(server);
    reenterFastify(framework, routes);
    return;
  }
  change(server, 'setNotFoundHandler', unrouted);
  change(server, 'setErrorHandler', reenteringAll);
  // Nest's Express adapter registers routes through the methods of the Express app.
  const registrar = type === 'express' && framework !== undefined ? framework : server;
  for (const name of ROUTE_METHODS) {
    change(registrar, name, (args) => {
      const [path] = args;
      if (name !== 'use' && typeof path === 'string') routes.push({ method: name.toUpperCase(), path });
      return reenteringAll(args);
    });
  }
}

const ROUTE_METHODS = ['use', 'all', ...METHODS.map((name) => name.toLowerCase())];

/** The names of hooks that receive the request. */
const FASTIFY_HOOKS: ReadonlySet<unknown> = new Set([
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
  'onResponse',
  'onError',
  'onTimeout',
  'onRequestAbort',
]);

/** Wraps the middleware of Fastify, which is a plug-in that the adapter adds when it starts. */
function reenterMiddleware(adapter: Registrar): void {
  change(adapter, 'use', reenteringAll);
  const create = adapter.createMiddlewareFactory;
  if (typeof create !== 'function') return;
  const around =
    (register: Registration): Registration =>
    (...args) =>
      register(...reenteringAll(args));
  adapter.createMiddlewareFactory = (...args: unknown[]): unknown => {
    const factory: unknown = Reflect.apply(create, adapter, args);
    return factory instanceof Promise ? factory.then(around) : around(factory as Registration);
  };
}

function reenterFastify(fastify: Registrar, routes: RegisteredRoute[]): void {
  change(fastify, 'setNotFoundHandler', reenteringAll);
  change(fastify, 'setErrorHandler', reenteringErrors);
  change(fastify, 'addHook', ([name, hook]) => [name, FASTIFY_HOOKS.has(name) ? around(hook, 0) : hook]);
  (fastify.addHook as Registration)('onRoute', (route: Registrar) => {
    for (const method of [route.method].flat())
      routes.push({ method: String(method), path: String(route.url) });
    route.handler = around(route.handler, 0);
    route.errorHandler &&= around(route.errorHandler, 1);
    for (const name of FASTIFY_HOOKS as ReadonlySet<string>) route[name] &&= around(route[name], 0);
  });
}

/** Replaces the arguments of `registrar[name]`. */
function change(registrar: Registrar, name: string, args: (given: unknown[]) => unknown[]): void {
  const register = registrar[name];
  if (typeof register !== 'function') return;
  const callback = register as Callback;
  registrar[name] = function (this: unknown, first: unknown, ...rest: unknown[]): unknown {
    // `app.get('name')` reads a setting of Express, several times per request.
    if (rest.length === 0 && typeof first === 'string') return callback.call(this, first);
    return callback.apply(this, args([first, ...rest]));
  };
}

/** Wraps a handler for requests without a route, so that they keep no route of a middleware. */
function unrouted([handler, ...rest]: unknown[]): unknown[] {
  if (typeof handler !== 'function') return [handler, ...rest];
  const callback = handler as Callback;
  const marking: Callback = function (...args) {
    const trace = requestTraceOf(args[0]);
    if (trace !== undefined) trace.unrouted = true;
    return callback.apply(this, args);
  };
  return [reentering(marking, 0), ...rest];
}

/** Wraps all functions among the arguments. Express recognises error handlers by their four parameters. */
function reenteringAll(args: unknown[]): unknown[] {
  return args.map((arg) => around(arg, typeof arg === 'function' && arg.length === 4 ? 1 : 0));
}

function reenteringErrors(args: unknown[]): unknown[] {
  return args.map((arg) => around(arg, 1));
}

function around(arg: unknown, position: number): unknown {
  if (Array.isArray(arg)) return arg.map((one: unknown) => around(one, position));
  if (typeof arg !== 'function' || 'handle' in arg) return arg;
  return reentering(arg as Callback, position);
}
