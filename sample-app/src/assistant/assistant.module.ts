import { Module } from '@nestjs/common';
import { GenAiModule, GenAiTracer } from 'nestjs-telemetry/genai';
import OpenAI from 'openai';
import { ShipmentsModule } from '../shipments/shipments.module.js';
import { AssistantController } from './assistant.controller.js';
import { AssistantService } from './assistant.service.js';
import { FakeOpenAi } from './fake-openai.js';
import { HandbookService } from './handbook.service.js';

@Module({
  imports: [GenAiModule, ShipmentsModule],
  controllers: [AssistantController],
  providers: [
    AssistantService,
    HandbookService,
    FakeOpenAi,
    {
      provide: OpenAI,
      inject: [GenAiTracer, FakeOpenAi],
      useFactory: async (genAi: GenAiTracer, server: FakeOpenAi) =>
        genAi.instrument(new OpenAI({ apiKey: 'none', baseURL: await server.start() }), {
          streamUsage: true,
        }),
    },
  ],
})
export class AssistantModule {}
