// #region library
import { Injectable } from '@nestjs/common';
import type { Tracer } from '@opentelemetry/api';
import { InjectTracer } from 'nestjs-telemetry';

@Injectable()
export class PriceList {
  constructor(@InjectTracer('price-list') private readonly tracer: Tracer) {}

  load(): number {
    return this.tracer.startActiveSpan('load prices', (span) => {
      span.setAttribute('price.count', 3);
      span.end();
      return 3;
    });
  }
}
// #endregion
