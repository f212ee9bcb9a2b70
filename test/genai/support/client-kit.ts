import type { Attributes } from '@opentelemetry/api';
import type { GenAiTracer } from '../../../src/entry-points/genai.js';
import type { ProviderAnswer, ProviderRequest } from './fake-provider.js';

/** A piece of a streamed answer, as it stands on the wire. */
export interface WireEvent {
  readonly wire: string;
  /** Chunks that the client hands to the app for it; default one. */
  readonly chunks?: number;
  /** Attributes that the span has as soon as the app has seen it. */
  readonly tells?: Attributes;
  /** Whether it is the model's last word. */
  readonly finishes?: boolean;
}

/** A question of an app to its client. */
export interface Question {
  readonly tools?: boolean;
  readonly signal?: AbortSignal;
}

/** A client at work, with us or without. */
export interface ClientAtWork {
  ask(question: Question): Promise<unknown>;
  stream(question: Question): Promise<AsyncIterable<unknown>>;
}

/** Breaks a stream off that is being read. */
export type BreakOff = (
  iterator: AsyncIterator<unknown>,
  stream: AsyncIterable<unknown>,
  abort: AbortController,
) => unknown;

/** A client of a provider, with all that a test of it needs to know. */
export interface ClientKit {
  readonly name: string;
  /** Answers as the provider's server does. */
  readonly answer: (request: ProviderRequest) => ProviderAnswer;
  /** Refuses as the provider's server does, with a message that repeats the prompt. */
  readonly refusal: (status: number, message: string) => ProviderAnswer;
  /** A streamed answer. */
  readonly events: readonly WireEvent[];
  /** Chunks that the client hands out before the first event. */
  readonly preface?: number;
  /** Name of the span of one call. */
  readonly span: string;
  readonly request: Attributes;
  /** Of an answer in one piece, beside the request's. */
  readonly answered: Attributes;
  /** Of a request for a stream, beside the request's. */
  readonly streamed?: Attributes;
  /** `gen_ai.output.messages` of an answer that calls a tool. */
  readonly toolCall: string;
  readonly errorTypes: {
    readonly 429: string;
    readonly 500: string;
  };
  /** Of an answer whose connection breaks. */
  readonly cut: Attributes;
  /** Whether the client hears of an app that stops reading; default true. */
  readonly hearsOfLeaving?: boolean;
  /** Ways to break off, beside the abort signal and leaving the iteration. */
  readonly aborts?: Readonly<Record<string, BreakOff>>;
  /** Names of members that differ from call to call. */
  readonly volatile?: readonly string[];
  /** @param genAi - without one, the client is as it is without us */
  connect(url: string, genAi?: GenAiTracer): ClientAtWork;
}

/** The question that every kit asks, and which must not be on any span. */
export const PROMPT = 'How do I make canary tea?';
