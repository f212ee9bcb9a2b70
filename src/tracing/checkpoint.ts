import type { Attributes, Span } from '@opentelemetry/api';
import { isObject } from '../config/schema.js';
import { ask } from '../base/user-function.js';

const counts = new WeakMap<Span, Map<string, number>>();

/** Adds an event to a span, for every n-th call with that name. */
export function addCheckpoint(
  span: Span,
  name: string,
  attributes: Attributes | (() => Attributes),
  { every = 1 }: { readonly every?: number },
  failed: (error: unknown) => void,
): void {
  if (every > 1 && count(span, name) % every !== 0) return;
  ask(
    () => (typeof attributes === 'function' ? attributes() : attributes),
    (given: unknown) => {
      span.addEvent(name, isObject(given) ? { ...given } : {});
    },
    failed,
  );
}

/** How often it was asked before. */
function count(span: Span, name: string): number {
  const ofSpan = counts.get(span) ?? new Map<string, number>();
  counts.set(span, ofSpan);
  const before = ofSpan.get(name) ?? 0;
  ofSpan.set(name, before + 1);
  return before;
}
