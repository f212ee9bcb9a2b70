import { Injectable } from '@nestjs/common';
import { Span } from 'nestjs-telemetry';
import { expect, it } from 'vitest';

@Injectable()
export class PriceService {
  @Span()
  price(): number {
    return 12;
  }
}

// #region without-module
it('needs no telemetry at all', () => {
  expect(new PriceService().price()).toBe(12);
});
// #endregion
