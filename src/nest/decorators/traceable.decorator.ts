import { compilePatterns } from '../../context/name-patterns.js';
import { MethodName } from './method-name.js';
import { isWrapped } from './method-wrapper.js';
import { isWithoutSpan } from '../metadata/untraced-handlers.js';
import { wrapInSpan } from './span.decorator.js';
import type { SpanDecoratorOptions } from './span-options.js';

/** Nest calls these, once each. */
const LIFECYCLE_HOOKS: ReadonlySet<string> = new Set([
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/** How the methods of a class become spans; every option of `@Span` holds for each of them. */
export interface TraceableOptions extends SpanDecoratorOptions {
  /** Replaces the class name in `Class.method`. */
  readonly name?: string;
  /** The only methods that get a span, by name, `*` for any characters; default: all of them. */
  readonly include?: readonly (string | RegExp)[];
  /** Methods that get none. */
  readonly exclude?: readonly (string | RegExp)[];
}

/**
 * Gives every method of the class a span, as `@Span` does: not to lifecycle hooks, accessors, methods with
 * symbols for names and those with `@NoSpan`; a method's own `@Span` wins.
 *
 * **Gotchas** It covers the methods that the class defines itself. Those that it inherits
 * belong to the base class.
 */
export function Traceable(nameOrOptions: string | TraceableOptions = {}): ClassDecorator {
  const given: TraceableOptions = typeof nameOrOptions === 'string' ? { name: nameOrOptions } : nameOrOptions;
  const { name, include, exclude, ...options } = given;
  const includes = compilePatterns(include ?? ['*']);
  const excludes = compilePatterns(exclude ?? []);
  return (type) => {
    const prototype = type.prototype as object;
    for (const key of Object.getOwnPropertyNames(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
      if (key === 'constructor' || LIFECYCLE_HOOKS.has(key) || typeof descriptor?.value !== 'function')
        continue;
      if (isWrapped(prototype, key) || isWithoutSpan(prototype, key)) continue;
      if (!includes(key) || excludes(key)) continue;
      const spanName = name === undefined ? new MethodName(prototype, key) : `${name}.${key}`;
      wrapInSpan('@Traceable', prototype, key, descriptor, spanName, options);
      Object.defineProperty(prototype, key, descriptor);
    }
  };
}
