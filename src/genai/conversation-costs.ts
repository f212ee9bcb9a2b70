import { UsageSum, type Usage } from './usage.js';

/** Conversations beyond this many are forgotten, the one that was silent longest first. */
const MAX_CONVERSATIONS = 1000;

const conversations = new WeakMap<object, Map<string, UsageSum>>();

/**
 * Adds a call to its conversation.
 *
 * @param scope - whose conversations: those of two tenants may have one id
 * @returns what the conversation has cost so far, in US dollars; absent if nothing has a price
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
