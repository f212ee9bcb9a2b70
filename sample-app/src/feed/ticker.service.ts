import { Injectable } from '@nestjs/common';
import { Span } from 'nestjs-telemetry';
import { concatWith, interval, map, take, throwError, type Observable } from 'rxjs';

export interface Price {
  readonly symbol: string;
  readonly price: number;
}

const TICK_MILLIS = 200;

@Injectable()
export class TickerService {
  /** The span of the call lasts as long as the stream. @param count - default endless */
  @Span()
  prices(count = Infinity): Observable<Price> {
    return interval(TICK_MILLIS).pipe(
      take(count),
      map((tick) => ({ symbol: 'TEA', price: 100 + (tick % 7) })),
    );
  }

  @Span()
  untilTheMarketCloses(count: number): Observable<Price> {
    return this.prices(count).pipe(concatWith(throwError(() => new Error('The market is closed.'))));
  }
}
