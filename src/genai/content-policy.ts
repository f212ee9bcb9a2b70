import type { GenAiContent, ResolvedGenAiConfig } from '../config/genai-config.js';
import type { MaskingConfig } from '../config/masking-config.js';
import { toJson } from '../base/json-text.js';
import { REDACTED_VALUE } from '../pipeline/masking/mask-defaults.js';
import type { GenAiMessage, MessagePart } from './messages.js';

export type ContentKind = keyof GenAiContent;

/** The treatment of a kind of content: recorded, replaced by `__REDACTED__`, or omitted. */
export type Verdict = 'show' | 'hide' | 'omit';

/** The broader kinds that a kind belongs to; their switches apply to it, too. */
const ABOVE: Readonly<Partial<Record<ContentKind, readonly ContentKind[]>>> = {
  inputMessages: ['inputs'],
  outputMessages: ['outputs'],
  inputText: ['inputMessages', 'inputs'],
  inputImages: ['inputMessages', 'inputs'],
  outputText: ['outputMessages', 'outputs'],
  embeddingsText: ['inputs'],
  embeddingsVectors: ['outputs'],
  tools: ['inputs'],
  prompts: ['inputs'],
  choices: ['outputs'],
};

/** The kinds inside of messages. Messages without any recorded kind are omitted. */
const INSIDE: Readonly<Partial<Record<ContentKind, readonly ContentKind[]>>> = {
  inputMessages: ['inputText', 'inputImages'],
  outputMessages: ['outputText'],
};

/** The most messages to record; the oldest ones are left out. */
const MAX_MESSAGES = 200;

/** Decides which content of a call is recorded, in either vocabulary. */
export class ContentPolicy {
  private readonly verdicts = new Map<ContentKind, Verdict>();

  constructor(
    private readonly config: ResolvedGenAiConfig,
    private readonly masking: MaskingConfig,
  ) {}

  verdict(kind: ContentKind): Verdict {
    let verdict = this.verdicts.get(kind);
    if (verdict === undefined) {
      verdict = !this.captures(kind) ? 'omit' : this.hides(kind) ? 'hide' : 'show';
      this.verdicts.set(kind, verdict);
    }
    return verdict;
  }

  /** Returns messages with only the content that may be recorded; `undefined` if none may. */
  messages(direction: 'input' | 'output', messages: readonly GenAiMessage[]): GenAiMessage[] | undefined {
    if (this.verdict(`${direction}Messages`) !== 'show') return undefined;
    const budget = this.budget();
    // The newest messages matter most, so counting starts at the end.
    return messages
      .slice(-MAX_MESSAGES)
      .reverse()
      .map((message) => ({ ...message, parts: this.parts(direction, message.parts, budget) }))
      .reverse();
  }

  /** Returns the recordable parts of one message. */
  parts(
    direction: 'input' | 'output',
    parts: readonly MessagePart[],
    budget: Budget = this.budget(),
  ): MessagePart[] {
    return parts.flatMap((part) => this.part(direction, part, budget));
  }

  /** Returns texts of one kind, hidden or cut. */
  texts(kind: ContentKind, texts: readonly string[]): string[] | undefined {
    const verdict = this.verdict(kind);
    if (verdict === 'omit') return undefined;
    if (verdict === 'hide') return texts.map(() => REDACTED_VALUE);
    const budget = this.budget();
    return texts.slice(0, MAX_MESSAGES).map((text) => budget.cut(text));
  }

  /** Converts any value to text: strings stay unchanged, everything else becomes JSON. */
  text(value: unknown): string {
    return this.budget().cut(typeof value === 'string' ? value : (toJson(value) ?? String(value)));
  }

  private budget(): Budget {
    return new Budget(this.config.maxContentLength);
  }

  private part(direction: 'input' | 'output', part: MessagePart, budget: Budget): MessagePart[] {
    switch (part.type) {
      case 'text':
      case 'reasoning': {
        const shown = this.verdict(`${direction}Text`) === 'show';
        return [{ ...part, content: shown ? budget.cut(part.content) : REDACTED_VALUE }];
      }
      case 'uri':
      case 'blob':
        return this.image(direction, part);
      case 'tool_call':
        return [
          { ...part, ...(part.arguments === undefined ? {} : { arguments: budget.fit(part.arguments) }) },
        ];
      case 'tool_call_response':
        return [{ ...part, response: budget.fit(part.response) }];
      case 'generic':
        return [{ ...part, content: budget.fit(part.content) }];
    }
  }

  private image(
    direction: 'input' | 'output',
    part: Extract<MessagePart, { type: 'uri' | 'blob' }>,
  ): MessagePart[] {
    if (direction === 'input' && this.verdict('inputImages') !== 'show') return [];
    const { content } = part;
    if (content === undefined || content.length <= this.config.base64ImageMaxLength) return [part];
    return [{ ...part, content: REDACTED_VALUE }];
  }

  private captures(kind: ContentKind): boolean {
    const { capture } = this.config;
    if (typeof capture === 'boolean') return capture;
    const nearest = [kind, ...(ABOVE[kind] ?? [])].find((each) => capture[each] !== undefined);
    if (nearest !== undefined) return capture[nearest] === true;
    return INSIDE[kind]?.some((each) => capture[each] === true) === true;
  }

  private hides(kind: ContentKind): boolean {
    const { hide } = this.config;
    const { hideInputs = false, hideOutputs = false } = this.masking;
    return [kind, ...(ABOVE[kind] ?? [])].some(
      (each) =>
        hide[each] === true || (each === 'inputs' && hideInputs) || (each === 'outputs' && hideOutputs),
    );
  }
}

/** Counts how much more content an attribute may hold. */
class Budget {
  constructor(private left: number) {}

  /** Cuts a text between two characters, never inside of one, and marks the cut. */
  cut(text: string): string {
    const { left } = this;
    this.left = Math.max(0, left - text.length);
    if (text.length <= left) return text;
    const end = isHighSurrogate(text.charCodeAt(left - 1)) ? left - 1 : left;
    return `${text.slice(0, end)}…`;
  }

  /** Returns a value that fits unchanged, else the beginning of its text. */
  fit(value: unknown): unknown {
    const text = typeof value === 'string' ? value : (toJson(value) ?? '');
    const cut = this.cut(text);
    return cut === text ? value : cut;
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
