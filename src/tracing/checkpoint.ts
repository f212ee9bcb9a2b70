import type { Attributes, Span } from '@opentelemetry/api';
import { isObject } from '../config/schema.js';
import { errorText, type RateLimitedLog } from '../base/rate-limited-log.js';
import { activeContext } from '../context/flow-context.js';
import { ask } from '../base/user-function.js';

const counts = new WeakMap<Span, Map<string, number>>();

/** Adds an event to the active span on every n-th call with this name. */
export function addCheckpoint(
  name: string,
  attributes: Attributes | (() => Attributes),
  { every = 1 }: { readonly every?: number },
  log: RateLimitedLog,
): void {
  const { span } = activeContext();
  if (span?.isRecording() !== true) return;
  if (every > 1 && count(span, name) % every !== 0) return;
  ask(
    () => (typeof attributes === 'function' ? attributes() : attributes),
    (given: unknown) => {
      span.addEvent(name, isObject(given) ? { ...given } : {});
    },
    (error) => {
      log.warn('checkpoint', `The attributes of a checkpoint threw: ${errorText(error)}`);
    },
  );
}

/** Returns how often this checkpoint was reached before, and counts it. */
function count(span: Span, name: string): number {
  const ofSpan = counts.get(span) ?? new Map<string, number>();
  counts.set(span, ofSpan);
  const before = ofSpan.get(name) ?? 0;
  ofSpan.set(name, before + 1);
  return before;
}
