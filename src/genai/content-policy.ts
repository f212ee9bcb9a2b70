import type { GenAiContent, ResolvedGenAiConfig } from '../config/genai-config.js';
import type { MaskingConfig } from '../config/masking-config.js';
import { toJson } from '../base/json-text.js';
import { REDACTED_VALUE } from '../pipeline/masking/mask-defaults.js';
import type { GenAiMessage, MessagePart } from './messages.js';

export type ContentKind = keyof GenAiContent;

/** Whether content of a kind is written, replaced by `__REDACTED__` or removed, or was never asked for. */
export type Verdict = 'show' | 'hide' | 'omit';

/** The kinds that a kind belongs to: it is captured, and hidden, with them. */
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

/** Messages without any of these are not worth a line. */
const INSIDE: Readonly<Partial<Record<ContentKind, readonly ContentKind[]>>> = {
  inputMessages: ['inputText', 'inputImages'],
  outputMessages: ['outputText'],
};

/** Messages beyond this many are left out, the oldest first. */
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

  /** Messages as they may be shown; absent where none may. */
  messages(direction: 'input' | 'output', messages: readonly GenAiMessage[]): GenAiMessage[] | undefined {
    if (this.verdict(`${direction}Messages`) !== 'show') return undefined;
    const budget = this.budget();
    // From the end, since the newest say most.
    return messages
      .slice(-MAX_MESSAGES)
      .reverse()
      .map((message) => ({ ...message, parts: this.parts(direction, message.parts, budget) }))
      .reverse();
  }

  /** Parts of one message. */
  parts(
    direction: 'input' | 'output',
    parts: readonly MessagePart[],
    budget: Budget = this.budget(),
  ): MessagePart[] {
    return parts.flatMap((part) => this.part(direction, part, budget));
  }

  /** Texts of one kind, hidden or cut. */
  texts(kind: ContentKind, texts: readonly string[]): string[] | undefined {
    const verdict = this.verdict(kind);
    if (verdict === 'omit') return undefined;
    if (verdict === 'hide') return texts.map(() => REDACTED_VALUE);
    const budget = this.budget();
    return texts.slice(0, MAX_MESSAGES).map((text) => budget.cut(text));
  }

  /** Any value as text: strings as they are, everything else as JSON. */
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

/** How much of an attribute's content is left to be written. */
class Budget {
  constructor(private left: number) {}

  /** Cuts a text between two characters, never inside one, and marks the cut. */
  cut(text: string): string {
    const { left } = this;
    this.left = Math.max(0, left - text.length);
    if (text.length <= left) return text;
    const end = isHighSurrogate(text.charCodeAt(left - 1)) ? left - 1 : left;
    return `${text.slice(0, end)}…`;
  }

  /** A value that fits as it is; one that does not becomes the beginning of its text. */
  fit(value: unknown): unknown {
    const text = typeof value === 'string' ? value : (toJson(value) ?? '');
    const cut = this.cut(text);
    return cut === text ? value : cut;
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
