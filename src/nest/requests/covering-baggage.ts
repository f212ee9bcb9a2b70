import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { admitRequest, servedIn } from './admit-request.js';
import { readUserBehindGuards } from './nearer-guards.js';
import { isOwnPage } from './own-pages.js';
import type { RequestEntries } from '../baggage/request-entries.js';

/**
 * Runs the baggage guard for the whole app, except for instances that place the guard themselves.
 *
 * It is a guard only where it must wait, may refuse a request, or has to come after the app's own global
 * guards, which may tell who the user is.
 */
export class CoveringBaggage implements CanActivate {
  private isGuard = false;

  constructor(private readonly entriesOf: (type: Type) => RequestEntries | undefined) {}

  /** Takes its place in the app, once all of its global guards are there. */
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

  /** The rules for requests that reach a class; absent where a guard applies them. */
  onArrival(type: Type): RequestEntries | undefined {
    return this.isGuard ? undefined : this.covering(type);
  }

  private covering(type: Type): RequestEntries | undefined {
    const entries = isOwnPage(type) ? undefined : this.entriesOf(type);
    return entries?.everywhere === true ? entries : undefined;
  }
}
