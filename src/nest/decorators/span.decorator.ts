import { Inject, Optional } from '@nestjs/common';
import type { SpanOptions } from '@opentelemetry/api';
import { activeTracerManager } from '../active-tracer-manager.js';
import { TracerManager } from '../../tracing/tracer-manager.js';

/** Where Nest puts the module's manager into instances of a class that has `@Span` methods. */
const MANAGER = Symbol('nestjs-telemetry.manager');

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Runs the method in a span of the module's own instance; of the active flow's instance in objects that Nest did not build; without
 * either, the plain method runs.
 *
 * @param name - default `Class.method`
 * @param options - kind, attributes and links, as of the API
 */
export function Span(name?: string, options?: SpanOptions): MethodDecorator;
export function Span(options?: SpanOptions): MethodDecorator;
export function Span(nameOrOptions?: string | SpanOptions, more?: SpanOptions): MethodDecorator {
  const name = typeof nameOrOptions === 'string' ? nameOrOptions : undefined;
  const options = (typeof nameOrOptions === 'object' ? nameOrOptions : more) ?? {};
  return (prototype: object, key: string | symbol, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as Method;
    const owner = prototype as { constructor: { name: string } };
    const spanName = name ?? `${owner.constructor.name}.${String(key)}`;
    injectManager(prototype);
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      const manager = (this as { [MANAGER]?: TracerManager } | undefined)?.[MANAGER] ?? activeTracerManager();
      if (manager?.isEnabled() !== true) return method.apply(this, args);
      return manager.withSpan(spanName, options, () => method.apply(this, args));
    };
    descriptor.value = likeMethod(wrapper, method);
    return descriptor;
  };
}

function injectManager(prototype: object): void {
  if (Object.hasOwn(prototype, MANAGER)) return;
  Inject(TracerManager)(prototype, MANAGER);
  Optional()(prototype, MANAGER);
}

/** Gives the wrapper the method's name, length and metadata, so that decorators above and below see no difference. */
function likeMethod(wrapper: Method, method: Method): Method {
  Object.defineProperty(wrapper, 'name', { value: method.name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: method.length, configurable: true });
  for (const key of Reflect.getMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapper);
  }
  return wrapper;
}
