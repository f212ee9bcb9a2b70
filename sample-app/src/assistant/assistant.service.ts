import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { TracerManager } from 'nestjs-telemetry';
import { FakeModel } from './fake-model.js';

@Injectable()
export class AssistantService {
  constructor(
    private readonly tracer: TracerManager,
    private readonly model: FakeModel,
  ) {}

  /** Tokens of an answer, under the span of the stream that they are sent with. */
  async *answer(conversationId: string, question: string): AsyncGenerator<string> {
    const prompt = await this.tracer.withSpan('query_processing', async (span) => {
      span.setAttributes({ 'conversation.id': conversationId, 'ai.model': this.model.name });
      const text = await this.prompt(question);
      span.setAttribute('ai.prompt_length', text.length);
      return text;
    });
    yield* this.tracer.withSpan('token_streaming', (span) =>
      this.tokens(prompt, (count) => {
        span.setAttribute('ai.tokens_generated', count);
      }),
    );
  }

  private async prompt(question: string): Promise<string> {
    await delay(20);
    return `Answer in one sentence: ${question}`;
  }

  private async *tokens(prompt: string, counted: (count: number) => void): AsyncGenerator<string> {
    let count = 0;
    try {
      for await (const token of this.model.stream(prompt)) {
        count += 1;
        yield token;
      }
    } finally {
      counted(count);
    }
  }
}
