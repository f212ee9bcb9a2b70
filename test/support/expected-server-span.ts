import type { Attributes } from '@opentelemetry/api';
import { expect } from 'vitest';
import type { SpanShape } from './span-shape.js';
import type { TestApp } from './test-app.js';

/** How a server span differs from the plainest one. */
export interface ServerSpanExpectation extends Partial<Omit<SpanShape, 'attributes' | 'name'>> {
  /** Default `GET`. */
  readonly method?: string;
  readonly path: string;
  readonly route?: string;
  /** `OrdersController.findOne`. */
  readonly handler?: string;
  /** Module of the handler; default `AppModule` where there is a handler. */
  readonly module?: string;
  /** Status code of the response; default 200, `null` for a request without an answer. */
  readonly code?: number | null;
  /** Added to the attributes; `undefined` takes one away. */
  readonly attributes?: Attributes;
  readonly name?: string;
}

/** The whole server span of a request that `http-client.ts` sent to the app. */
export function serverSpan(app: TestApp, expectation: ServerSpanExpectation): SpanShape {
  const { method = 'GET', path, route, handler, code = 200, name, attributes = {}, ...rest } = expectation;
  const { module = handler === undefined ? undefined : 'AppModule', ...others } = rest;
  const all: Attributes = {
    'http.request.method': method,
    'url.path': path,
    'url.scheme': app.server.scheme,
    'network.protocol.version': app.server.http2 ? '2' : '1.1',
    'server.address': new URL(app.url).hostname.replace(/^\[|\]$/g, ''),
    'server.port': app.port,
    'client.address': '127.0.0.1',
    'http.route': route,
    'code.function.name': handler,
    'nestjs.module': module,
    'http.response.status_code': code ?? undefined,
    ...attributes,
  };
  return {
    name: name ?? (route === undefined ? method : `${method} ${route}`),
    kind: 'SERVER',
    parent: undefined,
    status: { code: 'UNSET' },
    events: [],
    links: [],
    scope: 'nestjs-telemetry',
    ...others,
    attributes: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
  };
}

/** The `exception` event of an error whose stack nobody wants to spell out. */
export function exceptionEvent(type: string, message: string): SpanShape['events'][number] {
  return {
    name: 'exception',
    attributes: {
      'exception.type': type,
      'exception.message': message,
      'exception.stacktrace': expect.stringContaining(message),
    },
  };
}
