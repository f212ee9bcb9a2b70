import { Inject, Injectable } from '@nestjs/common';
import { TracerManager } from 'nestjs-telemetry';

// #region by-hand
@Injectable()
export class Stock {
  constructor(@Inject(TracerManager) private readonly telemetry: TracerManager) {}

  level(item: string): Promise<Response> {
    return this.telemetry.withSpan('stock.level', () =>
      fetch(`http://stock:3000/items/${item}`, { headers: this.telemetry.inject({}) }),
    );
  }
}
// #endregion
