import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { TelemetryModule } from 'nestjs-telemetry';

@Module({
  imports: [
    // #region config-service
    TelemetryModule.forRootAsync({
      imports: [ConfigModule.forRoot()],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        service: { name: config.getOrThrow<string>('SERVICE_NAME') },
        exporter: { type: 'otlp-grpc', url: config.getOrThrow<string>('COLLECTOR_URL') },
      }),
    }),
    // #endregion
  ],
})
export class AppModule {}
