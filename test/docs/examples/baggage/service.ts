import { Inject, Injectable } from '@nestjs/common';
import { BaggageService } from 'nestjs-telemetry';

// #region service
@Injectable()
export class Orders {
  constructor(@Inject(BaggageService) private readonly baggage: BaggageService) {}

  place(plan: string): string {
    this.baggage.set('app.plan', plan); // from now on, in this request
    return `for ${this.baggage.get('user.id') ?? 'nobody'}`;
  }

  import(): string {
    // For the function alone, with everything asynchronous that it starts; outside of requests, too.
    return this.baggage.with({ 'app.job': 'import' }, () => this.place('none'));
  }
}
// #endregion
