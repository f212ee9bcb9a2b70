import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { isOwnPage } from './own-pages.js';
import { admitRequest } from './admit-request.js';
import type { RequestEntries } from '../baggage/request-entries.js';

/**
 * What the baggage guard does, for the whole app: it leaves out instances that place the guard themselves.
 */
export class CoveringBaggageGuard implements CanActivate {
  constructor(private readonly entriesOf: (type: Type) => RequestEntries | undefined) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const type = context.getClass();
    const entries = isOwnPage(type) ? undefined : this.entriesOf(type);
    return entries?.everywhere === true ? admitRequest(entries, context) : true;
  }
}
