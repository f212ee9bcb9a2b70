import { compileSelection } from '../../context/name-patterns.js';
import { MethodName } from './method-name.js';
import { isWrapped } from './method-wrapper.js';
import { isWithoutSpan } from '../metadata/untraced-handlers.js';
import { wrapInSpan } from './span.decorator.js';
import type { SpanDecoratorOptions } from './span-options.js';

/** Nest's lifecycle hooks, which it calls once each. */
const LIFECYCLE_HOOKS: ReadonlySet<string> = new Set([
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/** The span options of a class's methods; every option of `@Span` applies to each method. */
export interface TraceableOptions extends SpanDecoratorOptions {
  /** The first part of span names; default: the class's name, as in `Class.method`. */
  readonly name?: string;
  /** The names of the methods that get a span, with `*` for any characters; default: all. */
  readonly include?: readonly (string | RegExp)[];
  /** The names of methods that get no span; default: none. */
  readonly exclude?: readonly (string | RegExp)[];
}

/**
 * Gives every method of a class a span, as `@Span` does. Lifecycle hooks, accessors, methods named by
 * symbols and methods with `@NoSpan` get none; a method's own `@Span` wins.
 *
 * **Gotchas** It applies to methods that the class itself defines, not to inherited ones.
 */
export function Traceable(nameOrOptions: string | TraceableOptions = {}): ClassDecorator {
  const given: TraceableOptions = typeof nameOrOptions === 'string' ? { name: nameOrOptions } : nameOrOptions;
  const { name, include, exclude, ...options } = given;
  const selects = compileSelection({ include, exclude });
  return (type) => {
    const prototype = type.prototype as object;
    for (const key of Object.getOwnPropertyNames(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
      if (key === 'constructor' || LIFECYCLE_HOOKS.has(key) || typeof descriptor?.value !== 'function')
        continue;
      if (isWrapped(prototype, key) || isWithoutSpan(prototype, key)) continue;
      if (!selects(key)) continue;
      const spanName = name === undefined ? new MethodName(prototype, key) : `${name}.${key}`;
      wrapInSpan('@Traceable', prototype, key, descriptor, spanName, options);
      Object.defineProperty(prototype, key, descriptor);
    }
  };
}
