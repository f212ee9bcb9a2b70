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
 * Shows the objects that Nest injects to the sources that must find the classes behind them, with what
 * they hold: pools and connections are often fields of a service.
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

/** Getters of the app's own classes are not called; Knex, a function, has nothing else. */
function fieldOf(holder: unknown, key: string): unknown {
  if (!isObject(holder)) return undefined;
  if (typeof holder === 'function') return Reflect.get(holder, key);
  return Reflect.getOwnPropertyDescriptor(holder, key)?.value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

/** Objects of the app may refuse to be looked at. */
function safely(look: () => void): void {
  try {
    look();
  } catch {
    // Then it is left alone.
  }
}
