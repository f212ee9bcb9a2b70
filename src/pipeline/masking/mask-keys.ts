import type { MaskingConfig } from '../../config/masking-config.js';
import { SECRET_ENDING, SECRET_LAST_NAMES, SECRET_NAMES } from './mask-defaults.js';

/** Beyond this many, verdicts are forgotten and found again. */
const MAX_VERDICTS = 2000;

/** What is to be done with the values of an attribute key. */
export type KeyVerdict = 'scan' | 'trust' | 'redact' | 'remove';

/** Our own attributes whose values are a few constants or names in the code. */
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

/** Tells by its key what may leave the process. */
export class KeyMask {
  private readonly verdicts = new Map<string, KeyVerdict>();
  private readonly names: ReadonlySet<string>;
  private readonly lastNames: ReadonlySet<string>;
  private readonly hidden: readonly (readonly [string, KeyVerdict])[];
  private readonly ending: RegExp | undefined;

  constructor({ defaults = true, keys = [], hideInputs = false, hideOutputs = false }: MaskingConfig) {
    const own = keys.map((key) => key.split('.').map(normalized).join('.'));
    this.names = new Set([...(defaults ? SECRET_NAMES : []), ...own]);
    this.lastNames = new Set(defaults ? SECRET_LAST_NAMES : []);
    this.ending = defaults ? SECRET_ENDING : undefined;
    this.hidden = Object.entries({ ...(hideInputs ? INPUTS : {}), ...(hideOutputs ? OUTPUTS : {}) });
  }

  verdict(key: string): KeyVerdict {
    let verdict = this.verdicts.get(key);
    if (verdict === undefined) {
      if (this.verdicts.size >= MAX_VERDICTS) this.verdicts.clear();
      this.verdicts.set(key, (verdict = this.judge(key)));
    }
    return verdict;
  }

  /** Whether the key names a credential. */
  isSecret(key: string): boolean {
    const segments = key.split('.').map(normalized);
    const last = segments.at(-1) ?? '';
    return (
      this.lastNames.has(last) ||
      this.ending?.test(last) === true ||
      this.names.has(segments.join('.')) ||
      segments.some((segment) => this.names.has(segment))
    );
  }

  private judge(key: string): KeyVerdict {
    for (const [prefix, verdict] of this.hidden) {
      if (key === prefix || key.startsWith(`${prefix}.`)) return verdict;
    }
    if (this.isSecret(key)) return 'redact';
    return TRUSTED.has(key) ? 'trust' : 'scan';
  }
}

/** Whether it is an entry of headers or a map, name and value, by the name of a credential. */
export function isSecretEntry(item: unknown, isSecret: (name: string) => boolean): item is [string, unknown] {
  return Array.isArray(item) && item.length === 2 && typeof item[0] === 'string' && isSecret(item[0]);
}

function normalized(name: string): string {
  return name.toLowerCase().replace(/[_\s-]/g, '');
}
