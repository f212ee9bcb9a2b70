import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { admitRequest, servedIn } from './admit-request.js';
import { readUserBehindGuards } from './nearer-guards.js';
import { isOwnPage } from './own-pages.js';
import type { RequestEntries } from '../baggage/request-entries.js';

/**
 * Runs the baggage guard for the whole app, except for instances that place the guard themselves.
 *
 * It registers as a guard only if it may wait, may refuse a request, or must run after the app's global
 * guards, which may set the user. Otherwise it costs less without one.
 */
export class CoveringBaggage implements CanActivate {
  private isGuard = false;

  constructor(private readonly entriesOf: (type: Type) => RequestEntries | undefined) {}

  /** Registers itself in the app, after all of its global guards are known. */
  attach(
    instances: readonly { readonly baggageEntries: RequestEntries | undefined }[],
    config: ApplicationConfig,
    modules: ModulesContainer,
  ): void {
    const everywhere = instances
      .map(({ baggageEntries }) => baggageEntries)
      .filter((entries) => entries?.everywhere === true);
    if (everywhere.length === 0) return;
    const requestGuards = config.getGlobalRequestGuards().length;
    this.isGuard =
      config.getGlobalGuards().length + requestGuards > 0 ||
      everywhere.some((entries) => entries?.admitsAll !== true);
    if (this.isGuard) config.addGlobalGuard(this);
    readUserBehindGuards(modules, requestGuards > 0);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return admitRequest(this.covering(context.getClass()), servedIn(context));
  }

  /** Returns the rules for requests that reach a class; `undefined` if a guard applies them. */
  onArrival(type: Type): RequestEntries | undefined {
    return this.isGuard ? undefined : this.covering(type);
  }

  private covering(type: Type): RequestEntries | undefined {
    const entries = isOwnPage(type) ? undefined : this.entriesOf(type);
    return entries?.everywhere === true ? entries : undefined;
  }
}
