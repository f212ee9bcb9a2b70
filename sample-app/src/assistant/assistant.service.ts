import { Injectable } from '@nestjs/common';
import { GenAiTracer } from 'nestjs-telemetry/genai';
import OpenAI from 'openai';
import { ShipmentsService } from '../shipments/shipments.service.js';
import { HandbookService } from './handbook.service.js';

@Injectable()
export class AssistantService {
  constructor(
    private readonly genAi: GenAiTracer,
    private readonly openai: OpenAI,
    private readonly handbook: HandbookService,
    private readonly shipments: ShipmentsService,
  ) {}

  /** Words of an answer: the agent's span ends with the last one, and sums up what its calls have cost. */
  answer(conversation: string, question: string): AsyncGenerator<string> {
    return this.genAi.withAgent({ name: 'shop-assistant', conversation }, () => this.think(question));
  }

  private async *think(question: string): AsyncGenerator<string> {
    if (!this.handbook.allows(question)) {
      yield 'I only know about parcels.';
      return;
    }
    const passages = await this.handbook.search(question);
    // The client calls the model, runs the tool that the model asks for, and calls it again with the result.
    const run = this.openai.chat.completions.runTools({
      model: 'gpt-4o',
      stream: true,
      messages: [
        { role: 'system', content: `Answer in one sentence. ${passages.join(' ')}` },
        { role: 'user', content: question },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'track',
            description: 'Where the parcel of an order is.',
            parameters: { type: 'object', properties: { orderId: { type: 'string' } } },
            parse: JSON.parse,
            function: ({ orderId }: { orderId: string }) => this.shipments.track(orderId),
          },
        },
      ],
    });
    for await (const { choices } of run) {
      const word = choices[0]?.delta.content;
      if (word) yield word;
    }
  }
}
