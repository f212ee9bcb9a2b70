import { Injectable } from '@nestjs/common';
import { BaggageKeys, BaggageService } from 'nestjs-telemetry';
import { GenAiTracer } from 'nestjs-telemetry/genai';

export interface Answer {
  readonly text: string;
  readonly finishReason: string;
  readonly usage: { readonly input: number; readonly output: number };
}

/** Stands for a model's client. */
@Injectable()
export class AiModel {
  async generate(_prompt: string, _options: { maxTokens: number; temperature: number }): Promise<Answer> {
    return { text: 'Water first.', finishReason: 'stop', usage: { input: 12, output: 3 } };
  }
}

// #region answers
@Injectable()
export class AnswerService {
  constructor(
    private readonly genAi: GenAiTracer,
    private readonly baggage: BaggageService,
    private readonly model: AiModel,
  ) {}

  generateAnswer(conversation: string, prompt: string, userId: string): Promise<string> {
    return this.baggage.with({ [BaggageKeys.USER_ID]: userId }, () =>
      this.genAi.withChat(
        {
          provider: 'openai',
          model: 'llama-3.1-8B',
          agent: { id: 'aa_qa_chat' },
          conversation,
          parameters: { temperature: 0.7, maxTokens: 1000 },
          attributes: { 'ai.prompt_length': prompt.length },
        },
        async (call) => {
          const answer = await this.model.generate(prompt, { maxTokens: 1000, temperature: 0.7 });
          call.setUsage({ inputTokens: answer.usage.input, outputTokens: answer.usage.output });
          call.setResponse({ finishReasons: [answer.finishReason] });
          return answer.text;
        },
      ),
    );
  }
}
// #endregion
