import { Controller, Module, Sse, type MessageEvent } from '@nestjs/common';
import { SseSpan, TelemetryModule } from 'nestjs-telemetry';
import { map, take, timer, type Observable } from 'rxjs';

// #region streams
@Controller('feed')
export class FeedController {
  @Sse()
  @SseSpan({ type: 'feed', milestoneEvery: 10 })
  feed(): Observable<MessageEvent> {
    return timer(0, 1).pipe(
      take(25),
      map((n) => ({ data: { n } })),
    );
  }
}
// #endregion

@Module({
  imports: [TelemetryModule.forRoot({ service: { name: 'news' } })],
  controllers: [FeedController],
})
export class AppModule {}
