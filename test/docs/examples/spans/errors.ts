import { Module } from '@nestjs/common';
import { TelemetryModule, type ErrorClassifier } from 'nestjs-telemetry';

export class ValidationError extends Error {}
export class DatabaseError extends Error {}

// #region classifier
export const errorClassifier: ErrorClassifier = (error) => {
  if (error instanceof ValidationError) {
    return { type: 'validation', message: `Validation failed: ${error.message}` };
  }
  if (error instanceof DatabaseError) {
    return { type: 'database', retryable: true, message: `Database error: ${error.message}` };
  }
  // Everything else goes by the defaults.
  return undefined;
};

@Module({ imports: [TelemetryModule.forRoot({ service: { name: 'orders' }, errorClassifier })] })
export class AppModule {}
// #endregion
