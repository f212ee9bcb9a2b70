import type { Attributes } from '@opentelemetry/api';
import { activeContext, Flow } from '../context/flow-context.js';
import { toJson } from '../base/json-text.js';
import { toAttributes } from './attribute-value.js';
import type { RateLimitedLog } from '../base/rate-limited-log.js';
import { runInFlow } from './run-in-flow.js';

/**
 * Attributes by name, with short forms for those that LLM observability defines.
 *
 * @see {@link https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md |
 *   OpenInference semantic conventions}
 */
export interface FlowAttributes {
  /** The session's id, `session.id`. */
  readonly sessionId?: string;
  /** The user's id, `user.id`. */
  readonly userId?: string;
  /** Metadata, recorded as JSON text in `metadata`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Tags, recorded in `tag.tags`. */
  readonly tags?: readonly string[];
  /**
   * The prompt template, recorded in `llm.prompt_template.template`, `.version` and `.variables` (JSON
   * text).
   */
  readonly promptTemplate?: {
    /** The template's text with its placeholders. */
    readonly template?: string;
    /** The version of the template. */
    readonly version?: string;
    /** The values of the template's placeholders. */
    readonly variables?: Readonly<Record<string, unknown>>;
  };
  /** Any other attribute; objects become JSON text. */
  readonly [attribute: string]: unknown;
}

/** Runs `fn` with additional attributes for every span that starts in it. A span's own attributes win. */
export function runWithAttributes<T>(attributes: FlowAttributes, fn: () => T, log?: RateLimitedLog): T {
  const context = activeContext();
  const flow = context.flow ?? new Flow(undefined, undefined, undefined, undefined);
  return runInFlow(context.withFlow(flow.withAttributes(namedAttributes(attributes))), fn, log);
}

function namedAttributes(input: FlowAttributes): Attributes {
  const { sessionId, userId, metadata, tags, promptTemplate, ...rest } = input;
  return toAttributes({
    ...rest,
    'session.id': sessionId ?? rest['session.id'],
    'user.id': userId ?? rest['user.id'],
    metadata: metadata === undefined ? undefined : toJson(metadata),
    'tag.tags': tags ?? rest['tag.tags'],
    ...(promptTemplate === undefined ? {} : promptAttributes(promptTemplate)),
  });
}

function promptAttributes({
  template,
  version,
  variables,
}: NonNullable<FlowAttributes['promptTemplate']>): Record<string, unknown> {
  return {
    'llm.prompt_template.template': template,
    'llm.prompt_template.version': version,
    'llm.prompt_template.variables': variables === undefined ? undefined : toJson(variables),
  };
}
