import { Controller, Sse, type MessageEvent } from '@nestjs/common';
import { SseSpan } from 'nestjs-telemetry';
import { map, type Observable } from 'rxjs';
import { TickerService } from './ticker.service.js';

@Controller('feed')
export class FeedController {
  constructor(private readonly ticker: TickerService) {}

  /** Five prices, then the end: one span with `stream.outcome` `completed`. */
  @Sse('finite')
  finite(): Observable<MessageEvent> {
    return this.ticker.prices(5).pipe(map((data) => ({ data })));
  }

  /** Until the client leaves (`client_disconnect`) or the app does (`server_shutdown`). */
  @Sse('endless')
  @SseSpan({ type: 'ticker', milestoneEvery: 10 })
  endless(): Observable<MessageEvent> {
    return this.ticker.prices().pipe(map((data) => ({ data })));
  }

  /** Fails after three prices, at HTTP 200: the span has `stream.outcome` `error` and the exception. */
  @Sse('failing')
  failing(): Observable<MessageEvent> {
    return this.ticker.untilTheMarketCloses(3).pipe(map((data) => ({ data })));
  }
}
