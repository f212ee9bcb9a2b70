// #region config-service
import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { TelemetryModule } from 'nestjs-telemetry';

@Module({
  imports: [
    ConfigModule.forRoot(),
    TelemetryModule.forRootAsync({
      imports: [ConfigModule],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        service: { name: 'orders', version: config.get<string>('APP_VERSION', '0.0.0') },
        exporter: { type: 'otlp-grpc', url: config.getOrThrow<string>('COLLECTOR_URL') },
      }),
    }),
  ],
})
export class AppModule {}
// #endregion
