import type { CallDescription } from './call-facts.js';
import type { CallOptions } from './call-options.js';
import { isGenAiOperation } from './operations.js';
import { defined } from './answers/fields.js';
import type { AnyOperation } from './run-call.js';

/** Converts the options of any `with…` method to one form. */
export function describe(operation: AnyOperation, given: CallOptions): CallDescription {
  const { name, id, version, description, type, callId, query, ...rest } = given as CallOptions &
    Readonly<
      Partial<Record<'name' | 'id' | 'version' | 'description' | 'type' | 'callId' | 'query', string>>
    >;
  if (!isGenAiOperation(operation)) {
    const spanName = name ?? ['rerank', given.model].filter((part) => part !== undefined).join(' ');
    return defined<CallDescription>({ ...rest, spanName, input: given.input ?? query });
  }
  switch (operation) {
    case 'execute_tool':
      return { ...rest, tool: defined({ name, type, description, callId }) };
    case 'create_agent':
    case 'invoke_agent':
      return { ...rest, agent: defined({ ...rest.agent, ...defined({ name, id, version, description }) }) };
    case 'invoke_workflow':
      return defined<CallDescription>({ ...rest, workflow: name });
    default:
      return rest;
  }
}
