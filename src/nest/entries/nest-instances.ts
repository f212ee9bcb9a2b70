import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { likeMethod, type Method } from '../like-method.js';
import type { Patches } from './patches.js';

/** The members of Nest's record of a provider or a controller that the library reads. */
interface Wrapper {
  readonly metatype: unknown;
  readonly instance: unknown;
  isDependencyTreeStatic(): boolean;
  getInstanceByContextId(...args: unknown[]): { readonly instance?: unknown } | undefined;
}

/** An object that Nest created, with its class. */
export interface NestInstance {
  readonly instance: object;
  readonly type: Type;
  /** The module that provides the object. */
  readonly module: object;
}

/** A method of a class that is an entry point. */
export interface EntryMethod {
  readonly type: Type;
  readonly name: string;
  readonly method: Method;
}

/** Yields every object that Nest created, once, in the order of Nest's own explorers. */
export function* nestInstances(modules: ModulesContainer): Iterable<NestInstance> {
  const seen = new Set<unknown>();
  for (const module of modules.values()) {
    for (const wrapper of wrappersOf(module)) {
      const instance = safely(() => wrapper.instance);
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
      seen.add(instance);
      const type = classOf(instance);
      if (type !== undefined) yield { instance, type, module };
    }
  }
}

/**
 * Wraps entry-point methods on each object of their classes. Objects of request-scoped classes are wrapped
 * when they are created.
 *
 * @param entries - returns the names of a class's entry points; called for every class of the app
 */
export function wrapEntryMethods(
  modules: ModulesContainer,
  patches: Patches,
  entries: (type: Type) => Iterable<string>,
  make: (entry: EntryMethod) => Method,
): void {
  /**
   * The wrapper of each method and class. It is reused, so that caches by handler do not grow with
   * request-scoped objects.
   */
  const made = new Map<Type, Map<string, Method>>();
  const namesOf = (type: Type): ReadonlyMap<string, Method> => {
    let ofClass = made.get(type);
    if (ofClass === undefined) {
      ofClass = new Map();
      for (const name of entries(type)) {
        const method = methodOf(type, name);
        if (method !== undefined) ofClass.set(name, likeMethod(make({ type, name, method }), method));
      }
      made.set(type, ofClass);
    }
    return ofClass;
  };
  const wrap = (instance: object, type: Type, restored: boolean): void => {
    for (const [name, wrapper] of namesOf(type)) {
      if (restored) patches.set(instance, name, wrapper);
      else define(instance, name, wrapper);
    }
  };
  const seen = new Set<unknown>();
  for (const module of modules.values()) {
    for (const wrapper of wrappersOf(module)) {
      const instance = safely(() => wrapper.instance);
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
      seen.add(instance);
      const type = classOf(instance);
      if (type === undefined || namesOf(type).size === 0) continue;
      if (wrapper.isDependencyTreeStatic()) wrap(instance, type, true);
      else {
        patches.replace(wrapper, 'getInstanceByContextId', (find) => (...args) => {
          const host = find.apply(wrapper, args) as { readonly instance?: unknown } | undefined;
          const built = host?.instance;
          if (typeof built === 'object' && built !== null && built !== instance) wrap(built, type, false);
          return host;
        });
      }
    }
  }
}

function wrappersOf(module: {
  readonly providers: ReadonlyMap<unknown, unknown>;
  readonly controllers: ReadonlyMap<unknown, unknown>;
}): Wrapper[] {
  return [...module.providers.values(), ...module.controllers.values()] as Wrapper[];
}

/**
 * Yields the names of methods that a decorator marked, of a class and its base classes; runs no accessor.
 */
export function* markedMethods(type: Type, metadata: string): Iterable<string> {
  const seen = new Set<string>(['constructor']);
  for (const prototype of prototypesOf(type)) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (seen.has(name)) continue;
      const method = ownMethod(prototype, name);
      if (method === undefined) continue;
      seen.add(name);
      if (Reflect.hasMetadata(metadata, method)) yield name;
    }
  }
}

/** Returns the nearest method with this name. */
function methodOf(type: Type, name: string): Method | undefined {
  for (const prototype of prototypesOf(type)) {
    const method = ownMethod(prototype, name);
    if (method !== undefined) return method;
  }
  return undefined;
}

function* prototypesOf(type: Type): Iterable<object> {
  let prototype = type.prototype as object | null;
  while (prototype !== null && prototype !== Object.prototype) {
    yield prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
}

function ownMethod(prototype: object, name: string): Method | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
  return typeof value === 'function' ? (value as Method) : undefined;
}

function classOf(instance: object): Type | undefined {
  const prototype = safely(() => Object.getPrototypeOf(instance) as { constructor?: unknown } | null);
  if (prototype === null || prototype === undefined || prototype === Object.prototype) return undefined;
  const type = safely(() => prototype.constructor);
  return typeof type === 'function' ? (type as Type) : undefined;
}

function define(instance: object, name: string, value: Method): void {
  if (Object.hasOwn(instance, name) || !Object.isExtensible(instance)) return;
  Reflect.defineProperty(instance, name, { value, configurable: true, writable: true });
}

/** Reads a value that may throw on any access, such as a test double. */
function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
