import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { bindEntry, runInEntry } from '../../context/entry.js';
import { runInContext } from '../../context/flow-context.js';
import type { FrameworkRequest } from '../../http/framework-request.js';
import type { RequestTrace } from '../../http/request-trace.js';
import { requestTraceOf } from '../../http/request-trace-of.js';

/** The hooks of Fastify that the library uses; the package itself is not needed. */
interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (
      request: FrameworkRequest & { raw: IncomingMessage },
      reply: { raw: ServerResponse },
      done: () => void,
    ) => void,
  ): unknown;
}

/** A function of the app that is wrapped while any instance is enabled. */
interface Entrance {
  readonly enter: () => () => boolean;
  /** Set while the function is wrapped; returns whether it could be restored. */
  leave: (() => boolean) | undefined;
}

/** Express' method `handle`, which every request goes through. */
interface ExpressLike {
  handle(request: IncomingMessage, response: ServerResponse, ...rest: unknown[]): unknown;
}

/**
 * The places where requests enter one app: the app's own server object, before any body parser; and the
 * framework's own entrance, for requests that bypass the server (`app.inject()`, a second server, a
 * serverless handler).
 */
export class RequestEntrances {
  private isActive = false;
  private readonly entrances: Entrance[] = [];

  constructor(
    /** Begins a trace; returns `undefined` if the request cannot be traced. */
    private readonly begin: (request: IncomingMessage, response: ServerResponse) => RequestTrace | undefined,
  ) {}

  /** Whether any instance is enabled; if none is, server and framework have their own functions back. */
  get active(): boolean {
    return this.isActive;
  }

  set active(active: boolean) {
    this.isActive = active;
    this.change();
  }

  /** Watches an app's adapter; an unknown kind of adapter is left alone. */
  watch(adapter: AbstractHttpAdapter): void {
    const server = adapter.getHttpServer() as Partial<Server> | undefined;
    if (typeof server?.emit === 'function')
      this.entrances.push({ enter: () => this.watchServer(server as Server), leave: undefined });
    const type = adapter.getType();
    const instance = adapter.getInstance<Partial<FastifyLike & ExpressLike>>();
    if (type === 'fastify' && instance.addHook !== undefined) this.watchFastify(instance as FastifyLike);
    if (type === 'express' && instance.handle !== undefined)
      this.entrances.push({ enter: () => this.watchExpress(instance as ExpressLike), leave: undefined });
    this.change();
  }

  private change(): void {
    for (const entrance of this.entrances) {
      if (this.isActive) entrance.leave ??= entrance.enter();
      else if (entrance.leave?.() === true) entrance.leave = undefined;
    }
  }

  private watchServer(server: Server): () => boolean {
    const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;
    return replaceMethod(server, 'emit', (event: string, ...args: unknown[]): boolean => {
      if (event === 'request' && this.isActive) {
        const trace = this.begin(args[0] as IncomingMessage, args[1] as ServerResponse);
        if (trace !== undefined) return runInContext(trace.context, emit, event, ...args);
      }
      return emit(event, ...args);
    });
  }

  private watchFastify(fastify: FastifyLike): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (!this.isActive) {
        done();
        return;
      }
      const trace = requestTraceOf(request.raw) ?? this.begin(request.raw, reply.raw);
      if (trace !== undefined) {
        trace.frameworkRequest = request;
        bindEntry(request, trace);
      }
      if (trace === undefined) done();
      else runInEntry(trace, done);
    });
  }

  private watchExpress(express: ExpressLike): () => boolean {
    const handle = express.handle.bind(express);
    return replaceMethod(express, 'handle', ((request, response, ...rest) => {
      const trace =
        this.isActive && requestTraceOf(request) === undefined ? this.begin(request, response) : undefined;
      return trace === undefined
        ? handle(request, response, ...rest)
        : runInContext(trace.context, handle, request, response, ...rest);
    }) satisfies ExpressLike['handle']);
  }
}

/**
 * Replaces a method of an object.
 *
 * @returns a function that restores the object's own, unless other code has wrapped the replacement
 */
function replaceMethod(object: object, name: string, replacement: unknown): () => boolean {
  const before = Object.getOwnPropertyDescriptor(object, name);
  Reflect.set(object, name, replacement);
  return () => {
    if (Reflect.get(object, name) !== replacement) return false;
    if (before === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, before);
    return true;
  };
}
