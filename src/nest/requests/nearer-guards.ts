import { UseGuards, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { RequestTrace } from '../../http/request-trace.js';
import { TelemetryInstance } from '../instance/telemetry-instance.js';
import { learnUser, servedIn } from './admit-request.js';
import { servedEntry } from './served-entry.js';

/** The metadata key for the guards of a class or a method. */
const GUARDS_METADATA = '__guards__';

/** Reads the user again, and admits every request. */
class UserReader implements CanActivate {
  canActivate(context: ExecutionContext): true | Promise<true> {
    const trace = servedEntry(context);
    const instance = trace instanceof RequestTrace ? trace.instance : undefined;
    const entries = instance instanceof TelemetryInstance ? instance.baggageEntries : undefined;
    const told = entries?.everywhere === true ? learnUser(entries, servedIn(context)) : undefined;
    return told?.then(() => true as const) ?? true;
  }
}

/** One reader for all apps of the process, so that shared classes get it once. */
const reader = new UserReader();
const scanner = new MetadataScanner();

/**
 * Adds a guard that reads `request.user` again after the guards of controllers, resolvers and their
 * methods. These run after all global guards, and many apps authenticate there.
 *
 * @param everyController - whether controllers without guards get the reader, too; needed if a global guard
 *   with request scope runs after other global ones
 */
export function readUserBehindGuards(modules: ModulesContainer, everyController: boolean): void {
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) readBehind(metatype, everyController);
    for (const { metatype, isNotMetatype } of module.providers.values()) {
      if (!isNotMetatype) readBehind(metatype, false);
    }
  }
}

function readBehind(metatype: unknown, always: boolean): void {
  if (typeof metatype !== 'function' || typeof metatype.prototype !== 'object') return;
  const type = metatype as Type;
  const prototype = type.prototype as Record<string, unknown> | null;
  if (prototype === null) return;
  if (always || hasGuards(type)) addReader(type, UseGuards(reader));
  for (const name of scanner.getAllMethodNames(prototype)) {
    const method = prototype[name] as object;
    if (!hasGuards(method)) continue;
    const bind = UseGuards(reader) as MethodDecorator;
    addReader(method, () => bind(prototype, name, { value: method }));
  }
}

function guardsOf(target: object): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS_METADATA, target) as readonly unknown[] | undefined) ?? [];
}

function hasGuards(target: object): boolean {
  return guardsOf(target).length > 0;
}

function addReader<T extends object>(target: T, add: (target: T) => void): void {
  if (!guardsOf(target).includes(reader)) add(target);
}
