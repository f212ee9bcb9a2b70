import type { MaskingConfig } from '../../config/masking-config.js';
import { ADDRESS_ATTRIBUTES, QUERY_ATTRIBUTES } from './mask-query.js';
import type { SecretNames } from './secret-names.js';

/** The most cached verdicts; beyond it the cache is emptied. Long keys are not cached. */
const MAX_VERDICTS = 2000;
const MAX_KEPT_KEY = 128;

/** The treatment of an attribute's value, as its key decides. */
export type KeyVerdict = 'scan' | 'address' | 'query' | 'trust' | 'redact' | 'remove';

/** The library's own attributes whose values are constants or names in the code. */
const TRUSTED: ReadonlySet<string> = new Set([
  'code.function.name',
  'http.request.method',
  'http.route',
  'nestjs.module',
  'network.protocol.name',
  'network.protocol.version',
  'server.address',
  'url.scheme',
]);

/** The attributes that all requests of a route share. */
export const ROUTE_ATTRIBUTES: readonly string[] = [
  'http.request.method',
  'url.scheme',
  'network.protocol.version',
  'server.address',
  'server.port',
  'http.route',
  'code.function.name',
  'nestjs.module',
];

const INPUTS: Readonly<Record<string, KeyVerdict>> = {
  'input.value': 'redact',
  'input.mime_type': 'remove',
  'llm.input_messages': 'remove',
  'llm.prompts': 'remove',
  'gen_ai.input.messages': 'remove',
  'gen_ai.system_instructions': 'remove',
  'gen_ai.prompt': 'remove',
  'gen_ai.tool.definitions': 'remove',
  'gen_ai.tool.call.arguments': 'remove',
  'gen_ai.retrieval.query.text': 'remove',
  'gen_ai.memory.query.text': 'remove',
  'llm.tools': 'remove',
  'tool.parameters': 'remove',
};

const OUTPUTS: Readonly<Record<string, KeyVerdict>> = {
  'output.value': 'redact',
  'output.mime_type': 'remove',
  'llm.output_messages': 'remove',
  'llm.choices': 'remove',
  'gen_ai.output.messages': 'remove',
  'gen_ai.completion': 'remove',
  'gen_ai.tool.call.result': 'remove',
  'gen_ai.retrieval.documents': 'remove',
  'gen_ai.memory.records': 'remove',
  'retrieval.documents': 'remove',
};

/** Decides by an attribute's key how its value is masked. */
export class KeyMask {
  private readonly verdicts = new Map<string, KeyVerdict>();
  private readonly hidden: readonly (readonly [string, KeyVerdict])[];

  constructor(
    { hideInputs = false, hideOutputs = false }: MaskingConfig,
    private readonly names: SecretNames,
  ) {
    this.hidden = Object.entries({ ...(hideInputs ? INPUTS : {}), ...(hideOutputs ? OUTPUTS : {}) });
  }

  verdict(key: string): KeyVerdict {
    let verdict = this.verdicts.get(key);
    if (verdict !== undefined) return verdict;
    verdict = this.judge(key);
    if (key.length > MAX_KEPT_KEY) return verdict;
    if (this.verdicts.size >= MAX_VERDICTS) this.verdicts.clear();
    this.verdicts.set(key, verdict);
    return verdict;
  }

  /** Whether masking leaves a number, or the library's own text, under this key unchanged. */
  leaves(key: string): boolean {
    const verdict = this.verdict(key);
    return verdict === 'trust' || verdict === 'scan';
  }

  private judge(key: string): KeyVerdict {
    for (const [prefix, verdict] of this.hidden) {
      if (key === prefix || key.startsWith(`${prefix}.`)) return verdict;
    }
    if (this.names.has(key)) return 'redact';
    if (ADDRESS_ATTRIBUTES.has(key)) return 'address';
    if (QUERY_ATTRIBUTES.has(key)) return 'query';
    return TRUSTED.has(key) ? 'trust' : 'scan';
  }
}

/** Whether a list item is a pair of a credential's name and a value, as in headers or a map. */
export function isSecretEntry(item: unknown, isSecret: (name: string) => boolean): item is [string, unknown] {
  return Array.isArray(item) && item.length === 2 && typeof item[0] === 'string' && isSecret(item[0]);
}
