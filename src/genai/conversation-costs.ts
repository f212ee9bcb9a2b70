import { UsageSum, type Usage } from './usage.js';

/** The most conversations to remember; the one without calls for the longest time is removed first. */
const MAX_CONVERSATIONS = 1000;

const conversations = new WeakMap<object, Map<string, UsageSum>>();

/**
 * Adds a call to its conversation.
 *
 * @param scope - the owner of the conversation: two tenants may use the same id
 * @returns the conversation's cost so far, in US dollars; `undefined` if no call has a price
 */
export function addToConversation(scope: object, id: string, usage: Usage): number | undefined {
  let known = conversations.get(scope);
  if (known === undefined) conversations.set(scope, (known = new Map<string, UsageSum>()));
  const sum = known.get(id) ?? new UsageSum();
  known.delete(id);
  known.set(id, sum);
  if (known.size > MAX_CONVERSATIONS) known.delete(known.keys().next().value as string);
  sum.add(usage);
  return sum.costUsd;
}
