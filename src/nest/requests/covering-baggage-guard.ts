import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { admitRequest } from './admit-request.js';
import type { RequestEntries } from '../baggage/request-entries.js';

/** The library's own endpoints: a scraper or operator need not send the headers in `baggage.required`. */
const unasked = new WeakSet<Type>();

/** Lets requests to a controller pass without the headers that `baggage.required` names. */
export function leaveUnasked(controller: Type): Type {
  unasked.add(controller);
  return controller;
}

/** What the baggage guard does, for the whole app: it leaves out instances that place the guard themselves. */
export class CoveringBaggageGuard implements CanActivate {
  constructor(private readonly entriesOf: (type: Type) => RequestEntries | undefined) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const type = context.getClass();
    const entries = unasked.has(type) ? undefined : this.entriesOf(type);
    return entries?.everywhere === true ? admitRequest(entries, context) : true;
  }
}
