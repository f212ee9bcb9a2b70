import { SpanStatusCode, type Attributes, type Span } from '@opentelemetry/api';
import { errorType } from '../tracing/exception.js';
import { RecordingSpan } from '../tracing/recording-span.js';
import { NO_SPAN } from '../tracing/unrecorded-span.js';
import { AnswerBuilder, type Answer } from './answers/answer.js';
import { defined } from './answers/fields.js';
import { isMereText } from './answers/openai-answer.js';
import { answerOfReading, readAnswer } from './answers/read-answer.js';
import { GEN_AI, STREAM_OUTCOME } from './attribute-names.js';
import type { CallFacts } from './call-facts.js';
import type { CallParts } from './call-parts.js';
import type { CallResponse, Evaluation } from './call-options.js';
import { addToConversation } from './conversation-costs.js';
import { genAiResponse, type Values } from './gen-ai-vocabulary.js';
import { measureCall } from './genai-metrics.js';
import { openInferenceResponse } from './open-inference-vocabulary.js';
import { isGenAiOperation, isInference } from './operations.js';
import { costOf } from './prices.js';
import { addToEntry } from './entry-costs.js';
import { StreamProgress } from './stream-progress.js';
import { UsageSum, type Usage } from './usage.js';

/**
 * One running operation: a model call, a tool, an agent. Its facts become attributes when its span ends.
 */
export class GenAiCall {
  /** The call's span, which records nothing while telemetry is off. */
  span: Span = NO_SPAN;
  private readonly own = new UsageSum();
  private readonly inner = new UsageSum();
  private response: CallResponse = {};
  private readonly builder: AnswerBuilder;
  private answered = false;
  private readonly progress = new StreamProgress();
  private over = false;

  /** @internal */
  constructor(private readonly parts: CallParts) {
    this.builder = new AnswerBuilder(parts.content.wantsOutput);
  }

  /** The operation, such as `chat`. */
  get operation(): string {
    return this.parts.operation;
  }

  /** The conversation's id, which calls inside of this one inherit. */
  get conversation(): string | undefined {
    return this.parts.options.conversation;
  }

  /**
   * Sets the usage of the call. Later figures replace earlier ones, zeros count, and the total is computed.
   */
  setUsage(usage: Usage): void {
    this.own.put(usage);
  }

  /** Adds usage of work inside the call. Calls that are made inside of it are added automatically. */
  addUsage(usage: Usage): void {
    this.inner.add(usage);
  }

  /** Sets facts about the provider's answer; later calls add to earlier ones. */
  setResponse(response: CallResponse): void {
    this.response = { ...this.response, ...defined({ ...response }) };
    if (response.finishReasons !== undefined) this.progress.finished = true;
  }

  /**
   * Sets the input: messages in any provider's form, a query, arguments. Stored only if `genai.capture`
   * allows it.
   */
  setInput(input: unknown): void {
    this.guarded(() => {
      this.parts.content.setInput(input);
    });
  }

  /** Sets instructions that are separate from the messages. Stored only if `genai.capture` allows it. */
  setInstructions(instructions: unknown): void {
    this.guarded(() => {
      this.parts.content.setInstructions(instructions);
    });
  }

  /**
   * Sets the definitions of the tools that the model may call. Stored only if `genai.capture` allows it.
   */
  setTools(tools: readonly unknown[]): void {
    this.guarded(() => {
      this.parts.content.setTools(tools);
    });
  }

  /** Sets the output: messages, documents, vectors, a result. Stored only if `genai.capture` allows it. */
  setOutput(output: unknown): void {
    this.answered = true;
    this.guarded(() => {
      this.parts.content.setOutput(output);
    });
  }

  /** Sets further attributes of the span. */
  setAttributes(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  /** Records an evaluation of an answer as the event `gen_ai.evaluation.result`. */
  recordEvaluation({ name, score, label, explanation, responseId = this.response.id }: Evaluation): void {
    const shown = this.parts.content.policy.verdict('outputs') === 'show';
    this.span.addEvent(
      'gen_ai.evaluation.result',
      defined<Attributes>({
        [GEN_AI.evaluationName]: name,
        [GEN_AI.evaluationScore]: score,
        [GEN_AI.evaluationLabel]: label,
        [GEN_AI.evaluationExplanation]: shown ? explanation : undefined,
        [GEN_AI.responseId]: responseId,
      }),
    );
  }

  /** Reads a provider's answer. @internal */
  read(answer: Answer): void {
    const { id, model, fingerprint, serviceTier, usage, deltas, vectors, failure } = answer;
    if (usage !== undefined) this.own.put(usage);
    // Every chunk repeats these facts.
    if (
      answer.id !== this.response.id ||
      model !== this.response.model ||
      serviceTier !== this.response.serviceTier
    ) {
      this.response = { ...this.response, ...defined<CallResponse>({ id, model, fingerprint, serviceTier }) };
    }
    if (deltas !== undefined) {
      for (const delta of deltas) {
        if (delta.finishReason !== undefined) this.progress.finished = true;
        this.builder.add(delta);
      }
    }
    if (vectors !== undefined) this.parts.content.setOutput(vectors);
    if (failure !== undefined) {
      this.span.setAttribute('error.type', failure);
      this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
  }

  /** Records the function's result: a provider's answer, or the output itself. @internal */
  readResult(result: unknown): void {
    if (result === undefined) return;
    const { operation, content } = this.parts;
    this.guarded(() => {
      const answers = isInference(operation) || operation === 'embeddings';
      const answer = answers && typeof result !== 'string' ? readAnswer(result) : undefined;
      if (answer !== undefined) this.read(answer);
      else if (!this.answered && (typeof result === 'string' || !content.ofMessages))
        content.setOutput(result);
    });
  }

  /** Reads one chunk of the call's stream. @internal */
  chunk(value: unknown): void {
    this.progress.chunk(this.parts.meter !== undefined);
    // Texts that are not recorded need not be read.
    if (!this.builder.keepsText && this.response.id !== undefined && isMereText(value)) return;
    this.guarded(() => {
      const { mapChunks } = this.parts.options;
      if (mapChunks === undefined) this.readChunk(readAnswer(value));
      else {
        const reading = mapChunks(value as never);
        if (reading !== undefined) this.readChunk(answerOfReading(reading));
      }
    });
  }

  private readChunk(answer: Answer | undefined): void {
    if (answer !== undefined) this.read(answer);
  }

  /** Called when the app aborts the call. @internal */
  abort(): void {
    this.progress.noteEarlyEnd('aborted');
  }

  /** Sets the time of the first chunk, if other code has measured it. @internal */
  firstChunkAfter(millis: number): void {
    this.progress.firstChunkAfter(millis);
  }

  /** Records that the consumer left the stream early. @internal */
  left(): void {
    this.progress.noteEarlyEnd('left');
  }

  /** Writes the call's attributes and metrics before its span ends. @internal */
  spanEnds(failed: boolean, errorType?: string): void {
    if (this.over) return;
    this.over = true;
    this.guarded(() => {
      this.finish(failed, errorType);
    });
  }

  private finish(failed: boolean, errorType: string | undefined): void {
    const { owner, meter, config } = this.parts;
    const facts = this.facts();
    const { usage, cost } = facts;
    const spent: Usage = { ...usage.figures, ...(cost === undefined ? {} : { costUsd: cost.total }) };
    const { span } = this;
    span.setAttributes(this.attributes(facts, failed) as Attributes);
    if (!usage.empty) owner?.addUsage(spent);
    // Calls inside of this one have counted their own usage.
    if (!this.own.empty && this.inner.empty) this.count(spent);
    if (meter === undefined) return;
    const recorded = span instanceof RecordingSpan ? (span.attributes['error.type'] as string) : errorType;
    const { elapsed: seconds, gaps } = this.progress;
    measureCall(
      meter,
      facts,
      { seconds, gaps, errorType: failed ? (recorded ?? '_OTHER') : undefined },
      config.version,
    );
  }

  private count(spent: Usage): void {
    const { span } = this;
    const { entry, options } = this.parts;
    if (!(span instanceof RecordingSpan)) return;
    const { generation } = span;
    if (entry?.pipeline === generation.pipeline) addToEntry(entry, spent);
    if (options.conversation === undefined || spent.costUsd === undefined) return;
    const cost = addToConversation(generation, options.conversation, spent);
    if (cost !== undefined) span.setAttribute(GEN_AI.conversationCost, cost);
  }

  private facts(): CallFacts {
    const { operation, spanKind, options, content } = this.parts;
    const { builder, response } = this;
    if (!this.answered && content.wantsOutput && content.output === undefined) {
      const output = operation === 'text_completion' ? builder.texts() : builder.messages();
      if (output.length > 0) content.setOutput(output);
    }
    const { finishReasons = builder.finishReasons } = response;
    const { began, timeToFirstChunk } = this.progress;
    const summed = this.own.empty;
    const usage = summed ? this.inner : this.own;
    return {
      operation,
      spanKind,
      options,
      content,
      usage,
      summed,
      response: { ...response, ...(finishReasons.length === 0 ? {} : { finishReasons }) },
      cost: summed ? given(this.inner) : this.cost(),
      stream: options.stream ?? began,
      timeToFirstChunk,
    };
  }

  private cost(): CallFacts['cost'] {
    const told = given(this.own);
    const { prices, options, unpriced } = this.parts;
    if (told !== undefined || prices.empty) return told;
    const price = prices.find(options.provider, [this.response.model, options.model]);
    if (price !== undefined) return costOf(price, this.own.figures);
    unpriced(this.response.model ?? options.model ?? 'unnamed');
    return undefined;
  }

  private attributes(facts: CallFacts, failed: boolean): Values {
    const { conventions } = this.parts.config;
    const plain = !isGenAiOperation(facts.operation);
    return {
      ...(conventions === 'openinference' ? {} : genAiResponse(facts)),
      ...(conventions === 'gen_ai' && !plain ? {} : openInferenceResponse(facts)),
      [GEN_AI.cost]: facts.cost?.total,
      [STREAM_OUTCOME]: this.progress.outcome(failed, this.parts.options.stream === true),
    };
  }

  /** Reads a foreign value; an error in that must not affect the app. */
  private guarded(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      if (this.span instanceof RecordingSpan) {
        this.span.generation.log.warn('genai', `A model's call could not be read: ${errorType(error)}`);
      }
    }
  }
}

function given({ costUsd }: UsageSum): { readonly total: number } | undefined {
  return costUsd === undefined ? undefined : { total: costUsd };
}
