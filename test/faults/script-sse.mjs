// An app with an endless stream of server-sent events, for rows that end its process while streams are open.
import 'reflect-metadata';
import { Controller, Module, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { interval, map } from 'rxjs';
import { TelemetryModule } from './lab.mjs';

const { telemetry } = JSON.parse(process.argv[2]);

class FeedController {
  feed() {
    return interval(100).pipe(map((count) => ({ data: { count } })));
  }
}
Controller('feed')(FeedController);
Sse()(FeedController.prototype, 'feed', Object.getOwnPropertyDescriptor(FeedController.prototype, 'feed'));

class AppModule {}
Module({
  imports: [TelemetryModule.forRoot({ service: { name: 'faults' }, ...telemetry })],
  controllers: [FeedController],
})(AppModule);
const app = await NestFactory.create(AppModule, { logger: false });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
process.send({ port: app.getHttpServer().address().port });
