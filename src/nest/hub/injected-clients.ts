import type { ModulesContainer } from '@nestjs/core';
import { adoptClients } from '../../clients/client-sources.js';

/** The properties in which TypeORM, Knex, Drizzle and Kysely keep the driver's objects. */
const HOLDERS: readonly (readonly string[])[] = [
  ['driver', 'master'],
  ['driver', 'databaseConnection'],
  ['client'],
  ['client', 'driver'],
  ['$client'],
  ['session', 'client'],
];

/**
 * Passes the objects that Nest injects, and the objects in their fields, to the call sources that must find
 * driver classes. Pools and connections are often fields of a service.
 */
export function adoptInjectedClients(modules: ModulesContainer): void {
  const found = new Set<object>();
  for (const { providers, controllers } of modules.values()) {
    for (const wrapper of [...providers.values(), ...controllers.values()]) {
      safely(() => {
        const { instance } = wrapper as { readonly instance: unknown };
        if (!isObject(instance) || found.has(instance)) return;
        for (const each of [instance, ...fieldsOf(instance)]) collect(each, found);
      });
    }
  }
  adoptClients(found);
}

function fieldsOf(instance: object): object[] {
  return Object.values<PropertyDescriptor>(Object.getOwnPropertyDescriptors(instance))
    .map(({ value }): unknown => value)
    .filter(isObject);
}

function collect(instance: object, found: Set<object>): void {
  if (found.has(instance)) return;
  found.add(instance);
  for (const path of HOLDERS) {
    safely(() => {
      const held = path.reduce<unknown>(fieldOf, instance);
      if (isObject(held)) found.add(held);
    });
  }
}

/**
 * Reads a field without calling getters of the app's classes. Knex, which is a function, only has getters.
 */
function fieldOf(holder: unknown, key: string): unknown {
  if (!isObject(holder)) return undefined;
  if (typeof holder === 'function') return Reflect.get(holder, key);
  return Reflect.getOwnPropertyDescriptor(holder, key)?.value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

/** Runs a look at an app's object, which may throw on any access. */
function safely(look: () => void): void {
  try {
    look();
  } catch {
    // An object that throws is left alone.
  }
}
