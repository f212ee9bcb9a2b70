import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { AppModule } from './app.module.js';
import { whatToTry } from './what-to-try.js';

const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
app.useWebSocketAdapter(new WsAdapter(app));
// Deno refuses listeners of the other signals.
app.enableShutdownHooks(['SIGINT', 'SIGTERM']);
await app.listen(process.env.PORT ?? 3000);
// From here on also what an administrator changes.
app.useLogger(['log', 'warn', 'error']);
console.log(whatToTry(await app.getUrl()));
