// #region module
import { Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';
import { GenAiModule } from 'nestjs-telemetry/genai';

@Module({
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'assistant' },
      genai: {
        prices: { 'gpt-4o*': { inputPerMillion: 2.5, outputPerMillion: 10, cachedInputPerMillion: 1.25 } },
      },
    }),
    GenAiModule,
  ],
})
export class AppModule {}
// #endregion
