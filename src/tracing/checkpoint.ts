import type { Attributes, Span } from '@opentelemetry/api';

const counts = new WeakMap<Span, Map<string, number>>();

/** Adds an event to a span, for every n-th call with that name. */
export function addCheckpoint(
  span: Span,
  name: string,
  attributes: Attributes | (() => Attributes),
  { every = 1 }: { readonly every?: number },
): void {
  if (every > 1 && count(span, name) % every !== 0) return;
  span.addEvent(name, typeof attributes === 'function' ? attributes() : attributes);
}

/** How often it was asked before. */
function count(span: Span, name: string): number {
  const ofSpan = counts.get(span) ?? new Map<string, number>();
  counts.set(span, ofSpan);
  const before = ofSpan.get(name) ?? 0;
  ofSpan.set(name, before + 1);
  return before;
}
