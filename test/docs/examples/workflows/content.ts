import { Injectable } from '@nestjs/common';
import { TracePipeline, TraceStage, WorkflowTracer } from 'nestjs-telemetry/workflow';

/** Stands for a model's client. */
export class Model {
  async complete(prompt: string): Promise<{ text: string; usage: { prompt: number; completion: number } }> {
    return { text: `about ${prompt}`, usage: { prompt: 12, completion: 0 } };
  }
}

// #region decorators
@Injectable()
export class ContentService {
  constructor(
    private readonly tracer: WorkflowTracer,
    private readonly model: Model,
  ) {}

  @TracePipeline('content-generator')
  async run(input: { topic: string }): Promise<string> {
    return this.generate(input.topic);
  }

  @TraceStage('generate', 'generator')
  async generate(topic: string): Promise<string> {
    return this.tracer.withLlmSpan({ provider: 'openai', model: 'gpt-4' }, async (_span, call) => {
      const answer = await this.model.complete(topic);
      call.recordUsage({
        inputTokens: answer.usage.prompt,
        outputTokens: answer.usage.completion,
        costUsd: 0.002,
      });
      return answer.text;
    });
  }
}
// #endregion
