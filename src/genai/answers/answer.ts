import type { CallResponse } from '../call-options.js';
import type { GenAiMessage, MessagePart } from '../messages.js';
import type { Usage } from '../usage.js';

/** A piece of one choice of an answer. */
export interface AnswerDelta {
  /** The index of the choice. */
  readonly index: number;
  readonly text?: string;
  readonly reasoning?: string;
  readonly toolCall?: {
    /** The position among the tool calls of the choice. */
    readonly index: number;
    readonly id?: string;
    readonly name?: string;
    readonly arguments?: string;
  };
  readonly finishReason?: string;
}

/** The facts of a provider's answer, whole or in part. */
export interface Answer extends Omit<CallResponse, 'finishReasons'> {
  readonly usage?: Usage;
  readonly deltas?: readonly AnswerDelta[];
  /** The vectors of embeddings. */
  readonly vectors?: readonly unknown[];
  /** The provider's word for a failed stream, such as `response.failed`. */
  readonly failure?: string;
}

interface Choice {
  text: string;
  reasoning: string;
  finishReason: string | undefined;
  readonly calls: Map<number, { id?: string; name?: string; arguments: string }>;
}

/** The most characters of an answer's text that are kept, if it is not recorded in full. */
const MAX_TEXT = 1_000_000;

/** Combines the pieces of an answer. */
export class AnswerBuilder {
  private readonly choices = new Map<number, Choice>();

  /** @param keepsText - whether to keep texts; otherwise only finish reasons are kept */
  constructor(readonly keepsText: boolean) {}

  add(delta: AnswerDelta): void {
    if (!this.keepsText && delta.finishReason === undefined) return;
    const choice = this.choice(delta.index);
    if (delta.finishReason !== undefined) choice.finishReason = delta.finishReason;
    if (!this.keepsText) return;
    if (delta.text !== undefined && choice.text.length < MAX_TEXT) choice.text += delta.text;
    if (delta.reasoning !== undefined && choice.reasoning.length < MAX_TEXT)
      choice.reasoning += delta.reasoning;
    if (delta.toolCall !== undefined) addCall(choice, delta.toolCall);
  }

  get finishReasons(): string[] {
    return [...this.choices.values()].flatMap(({ finishReason }) => finishReason ?? []);
  }

  messages(): GenAiMessage[] {
    return [...this.choices.values()].map(({ text, reasoning, calls, finishReason }) => ({
      role: 'assistant',
      parts: [
        ...(reasoning === '' ? [] : [{ type: 'reasoning', content: reasoning } as const]),
        ...(text === '' ? [] : [{ type: 'text', content: text } as const]),
        ...[...calls.values()].map(toolCall),
      ],
      ...(finishReason === undefined ? {} : { finish_reason: finishReason }),
    }));
  }

  /** Returns the texts, as of text completions. */
  texts(): string[] {
    return [...this.choices.values()].map(({ text }) => text);
  }

  private choice(index: number): Choice {
    let choice = this.choices.get(index);
    if (choice === undefined) {
      choice = { text: '', reasoning: '', finishReason: undefined, calls: new Map() };
      this.choices.set(index, choice);
    }
    return choice;
  }
}

function addCall({ calls }: Choice, delta: NonNullable<AnswerDelta['toolCall']>): void {
  const call = calls.get(delta.index) ?? { arguments: '' };
  calls.set(delta.index, call);
  if (delta.id !== undefined) call.id = delta.id;
  if (delta.name !== undefined) call.name = delta.name;
  if (delta.arguments !== undefined && call.arguments.length < MAX_TEXT) call.arguments += delta.arguments;
}

function toolCall({
  id,
  name = '',
  arguments: args,
}: {
  id?: string;
  name?: string;
  arguments: string;
}): MessagePart {
  let parsed: unknown = args;
  try {
    parsed = JSON.parse(args);
  } catch {
    // The stream was cut off in the middle of the arguments.
  }
  return { type: 'tool_call', ...(id === undefined ? {} : { id }), name, arguments: parsed };
}
