import { UseFilters, type Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { GATEWAY_METADATA } from '../metadata/socket-gateways.js';
import { handlesMessages } from '../metadata/message-handlers.js';
import { ErrorProbeFilter } from './error-probe.filter.js';

/** The metadata key for the filters of a class or a method. */
const FILTERS_METADATA = '__exceptionFilters__';

/** One probe for all apps of the process, so that shared classes get it once. */
const probe = new ErrorProbeFilter();
const scanner = new MetadataScanner();

/**
 * Adds the error probe to the filters of controllers and their methods, since Nest asks these before any
 * global filter. It asks the last one first.
 *
 * @param everyController - whether controllers without filters get the probe, too; needed if a global
 *   filter with request scope would otherwise be asked first
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
 * Whether Nest asks no global filter for a class: gateways, and message handlers of hybrid apps that do not
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
