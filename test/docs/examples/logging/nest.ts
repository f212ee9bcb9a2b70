import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TelemetryLogger } from 'nestjs-telemetry';

@Module({})
class AppModule {}

export async function bootstrap(): Promise<void> {
  // #region nest
  const app = await NestFactory.create(AppModule, {
    logger: new TelemetryLogger({
      json: true,
      telemetry: { baggage: ['user.id', 'app.*'], exclude: ['app.note'] },
    }),
  });
  // #endregion
  await app.listen(3000);
}
