// #region explicit
import { Module } from '@nestjs/common';
import { mergeTracerConfig, TelemetryModule, type TracerConfig } from 'nestjs-telemetry';
import { arize } from 'nestjs-telemetry/presets';

const service: TracerConfig = {
  service: { name: 'chat', version: '1.0.0', environment: 'production' },
  resourceAttributes: { team: 'assistants' },
};

@Module({
  imports: [
    TelemetryModule.forRoot(
      mergeTracerConfig(
        service,
        arize({ spaceId: 'your_space_id', apiKey: 'your_api_key', projectName: 'custom_model' }),
      ),
    ),
  ],
})
export class AppModule {}
// #endregion
