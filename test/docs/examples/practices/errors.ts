import { Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';

export class OutOfStock extends Error {}

@Module({
  imports: [
    // #region errors
    TelemetryModule.forRoot({
      service: { name: 'shop' },
      errorClassifier: (error) =>
        error instanceof OutOfStock
          ? {
              type: 'OutOfStock',
              expected: true,
              retryable: false,
              attributes: { 'error.category': 'stock' },
            }
          : undefined,
    }),
    // #endregion
  ],
})
export class AppModule {}
