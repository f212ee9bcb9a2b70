import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { admitRequest } from './admit-request.js';
import type { RequestEntries } from './request-entries.js';

/** What the baggage guard does, for the whole app: it leaves out instances that place the guard themselves. */
export class CoveringBaggageGuard implements CanActivate {
  constructor(private readonly entriesOf: (type: Type) => RequestEntries | undefined) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const entries = this.entriesOf(context.getClass());
    return entries?.everywhere === true ? admitRequest(entries, context) : true;
  }
}
