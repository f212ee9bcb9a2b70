import { toMessages, toParts, plainText, type GenAiMessage, type MessagePart } from './messages.js';
import type { ContentKind, ContentPolicy } from './content-policy.js';
import type { RetrievedDocument } from './call-options.js';
import { REDACTED_VALUE } from '../pipeline/masking/mask-defaults.js';

/** The kind of an operation's inputs and outputs. */
type Family = 'messages' | 'completion' | 'embeddings' | 'search' | 'value';

const FAMILIES: Readonly<Record<string, Family>> = {
  chat: 'messages',
  generate_content: 'messages',
  invoke_agent: 'messages',
  create_agent: 'messages',
  invoke_workflow: 'messages',
  text_completion: 'completion',
  embeddings: 'embeddings',
  retrieval: 'search',
  search_memory: 'search',
  reranker: 'search',
};

/** The kinds of content that an error message may repeat. */
const IN_ERRORS: Readonly<Record<Family, readonly ContentKind[]>> = {
  messages: ['inputText', 'inputImages', 'tools', 'outputText'],
  completion: ['prompts', 'choices'],
  embeddings: ['embeddingsText'],
  search: ['inputs', 'outputs'],
  value: ['inputs', 'outputs'],
};

/** The most vectors or documents that are recorded. */
const MAX_ITEMS = 50;

/** A value as text, and its MIME type. */
export interface ShownValue {
  readonly text: string;
  readonly mimeType?: 'text/plain' | 'application/json';
}

/**
 * The content of one call that may be recorded. Content that {@link ContentPolicy} refuses is never stored.
 */
export class CallContent {
  instructions: readonly MessagePart[] | undefined;
  inputMessages: readonly GenAiMessage[] | undefined;
  outputMessages: readonly GenAiMessage[] | undefined;
  input: ShownValue | undefined;
  output: ShownValue | undefined;
  tools: readonly unknown[] | undefined;
  prompts: readonly string[] | undefined;
  choices: readonly string[] | undefined;
  texts: readonly string[] | undefined;
  vectors: readonly (readonly number[])[] | undefined;
  query: string | undefined;
  inputDocuments: readonly RetrievedDocument[] | undefined;
  documents: readonly RetrievedDocument[] | undefined;
  private readonly family: Family;

  constructor(
    operation: string,
    readonly policy: ContentPolicy,
  ) {
    this.family = FAMILIES[operation] ?? 'value';
  }

  /** Whether an answer's texts are recorded, so that a stream's pieces must be combined. */
  get wantsOutput(): boolean {
    const kind = this.family === 'completion' ? 'choices' : 'outputMessages';
    return this.policy.verdict(kind) === 'show';
  }

  /** Whether error messages are recorded; they may repeat any content of the call. */
  get showsErrors(): boolean {
    return IN_ERRORS[this.family].every((kind) => this.policy.verdict(kind) === 'show');
  }

  /** Whether the outputs are messages. */
  get ofMessages(): boolean {
    return this.family === 'messages';
  }

  setInput(value: unknown): void {
    switch (this.family) {
      case 'messages':
        this.setMessages('input', value, 'user');
        return;
      case 'completion':
        this.prompts = this.policy.texts('prompts', texts(value));
        this.input = shownTexts(this.prompts);
        return;
      case 'embeddings':
        this.texts = this.policy.texts('embeddingsText', texts(value));
        this.input = shownTexts(this.texts);
        return;
      case 'search':
        this.setQuery(value);
        return;
      case 'value':
        this.input = this.value('inputs', value);
    }
  }

  setOutput(value: unknown): void {
    switch (this.family) {
      case 'messages':
        this.setMessages('output', value, 'assistant');
        return;
      case 'completion':
        this.choices = this.policy.texts('choices', texts(value));
        this.output = shownTexts(this.choices);
        return;
      case 'embeddings':
        this.setVectors(value);
        return;
      case 'search':
        this.setDocuments(value);
        return;
      case 'value':
        this.output = this.value('outputs', value);
    }
  }

  setInstructions(value: unknown): void {
    if (this.policy.verdict('inputMessages') !== 'show') return;
    this.instructions = this.policy.parts('input', toParts(value));
  }

  setTools(tools: readonly unknown[]): void {
    if (this.policy.verdict('tools') === 'show') this.tools = tools.slice(0, MAX_ITEMS);
  }

  private setMessages(direction: 'input' | 'output', value: unknown, role: string): void {
    const kind = `${direction}Messages` as const;
    const verdict = this.policy.verdict(kind);
    if (verdict === 'omit') return;
    const messages = this.policy.messages(direction, toMessages(value, role));
    this[kind] = messages;
    const said = plainText((direction === 'input' ? messages?.at(-1) : messages?.[0])?.parts ?? []);
    const text = messages === undefined ? REDACTED_VALUE : said;
    this[direction] = text === '' ? undefined : shown(text, messages !== undefined);
  }

  private setQuery(value: unknown): void {
    const { query = value, documents } = Object(value) as { query?: unknown; documents?: unknown };
    this.input = this.value('inputs', query);
    if (this.policy.verdict('inputs') !== 'show') return;
    this.query = this.policy.text(query);
    if (Array.isArray(documents)) this.inputDocuments = this.shownDocuments(documents);
  }

  private setDocuments(value: unknown): void {
    const { documents = value } = Object(value) as { documents?: unknown };
    if (!Array.isArray(documents) || this.policy.verdict('outputs') !== 'show') {
      this.output = this.value('outputs', documents);
      return;
    }
    this.documents = this.shownDocuments(documents);
  }

  private setVectors(value: unknown): void {
    if (!Array.isArray(value) || this.policy.verdict('embeddingsVectors') !== 'show') return;
    const vectors: readonly unknown[] = typeof value[0] === 'number' ? [value] : value;
    this.vectors = vectors
      .slice(0, MAX_ITEMS)
      .filter((vector): vector is number[] => Array.isArray(vector))
      .map((vector) => [...vector]);
  }

  private shownDocuments(documents: readonly unknown[]): RetrievedDocument[] {
    return documents.slice(0, MAX_ITEMS).map((document) => {
      const { id, content, pageContent, text, score, metadata } = Object(document) as Record<string, unknown>;
      const body = content ?? pageContent ?? text ?? (typeof document === 'string' ? document : undefined);
      return {
        ...(id === undefined ? {} : { id: toText(id) }),
        ...(body === undefined ? {} : { content: this.policy.text(body) }),
        ...(typeof score === 'number' ? { score } : {}),
        ...(typeof metadata === 'object' && metadata !== null
          ? { metadata: metadata as Readonly<Record<string, unknown>> }
          : {}),
      };
    });
  }

  private value(kind: ContentKind, value: unknown): ShownValue | undefined {
    const verdict = this.policy.verdict(kind);
    if (value === undefined || verdict === 'omit') return undefined;
    if (verdict === 'hide') return shown(REDACTED_VALUE, false);
    const mimeType = typeof value === 'string' ? 'text/plain' : 'application/json';
    return { text: this.policy.text(value), mimeType };
  }
}

function shown(text: string, readable: boolean): ShownValue {
  return readable ? { text, mimeType: 'text/plain' } : { text };
}

function shownTexts(list: readonly string[] | undefined): ShownValue | undefined {
  return list === undefined ? undefined : shown(list.join('\n'), true);
}

/** Returns a prompt or a list of them as texts; prompts may also be lists of tokens. */
function texts(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) =>
    typeof item === 'string' ? item : plainText(toParts(item)) || JSON.stringify(item),
  );
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
