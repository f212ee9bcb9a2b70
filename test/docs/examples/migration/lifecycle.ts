// #region lifecycle
import { NestFactory } from '@nestjs/core';
import { AppModule } from './drop-in.js';

export async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000);
}
// #endregion
