import { UseFilters, type Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { GATEWAY_METADATA } from '../metadata/socket-gateways.js';
import { handlesMessages } from '../metadata/message-handlers.js';
import { ErrorProbeFilter } from './error-probe.filter.js';

/** Nest's key for the filters of a class or a method. */
const FILTERS_METADATA = '__exceptionFilters__';

/** One for all apps of the process, so that classes which they share get it once. */
const probe = new ErrorProbeFilter();
const scanner = new MetadataScanner();

/**
 * Puts the error probe beside the filters that controllers and their methods declare, since Nest asks those
 * before any global one. The last declared is asked first.
 *
 * @param everyController - whether controllers without filters get it, too: global filters with request scope
 *   are asked before other global ones
 */
export function probeNearerFilters(modules: ModulesContainer, everyController: boolean): void {
  for (const module of modules.values()) {
    for (const { metatype } of [...module.controllers.values(), ...gatewaysOf(module)]) {
      const controller = metatype as Type | null;
      if (controller === null) continue;
      if (everyController || hasFilters(controller) || hasNoGlobalFilters(controller))
        addProbe(controller, UseFilters(probe));
      const prototype = controller.prototype as Record<string, unknown>;
      for (const name of scanner.getAllMethodNames(prototype)) {
        const method = prototype[name] as object;
        if (!hasFilters(method)) continue;
        const bind = UseFilters(probe) as MethodDecorator;
        addProbe(method, () => bind(prototype, name, { value: method }));
      }
    }
  }
}

/**
 * Nest asks no global filter for gateways, nor for messages of hybrid apps that do not
 * share their configuration.
 */
function hasNoGlobalFilters(type: Type): boolean {
  if (Reflect.hasMetadata(GATEWAY_METADATA, type)) return true;
  const prototype = type.prototype as object;
  return scanner.getAllMethodNames(prototype).some((name) => handlesMessages(prototype, name));
}

type NestModule = ModulesContainer extends Map<string, infer M> ? M : never;

function gatewaysOf({ providers }: NestModule): { readonly metatype: unknown }[] {
  return [...providers.values()].filter(
    ({ metatype }) => typeof metatype === 'function' && Reflect.hasMetadata(GATEWAY_METADATA, metatype),
  );
}

function filtersOf(target: object): readonly unknown[] {
  return (Reflect.getMetadata(FILTERS_METADATA, target) as readonly unknown[] | undefined) ?? [];
}

function hasFilters(target: object): boolean {
  return filtersOf(target).length > 0;
}

function addProbe<T extends object>(target: T, add: (target: T) => void): void {
  if (!filtersOf(target).includes(probe)) add(target);
}
