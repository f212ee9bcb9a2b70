import { Inject, Injectable } from '@nestjs/common';
import { BaggageService, TracerManager } from 'nestjs-telemetry';

interface Job {
  readonly data: { readonly order: string };
  readonly headers: Record<string, string>;
}

export const queue = {
  jobs: [] as Job[],
  add(job: Job): Promise<void> {
    return Promise.resolve(void this.jobs.push(job));
  },
};

// #region queue
@Injectable()
export class Shipping {
  constructor(
    @Inject(TracerManager) private readonly telemetry: TracerManager,
    @Inject(BaggageService) private readonly baggage: BaggageService,
  ) {}

  enqueue(order: string): Promise<void> {
    return queue.add({ data: { order }, headers: this.telemetry.inject({}) });
  }

  /** In the worker: the same trace, the same baggage. */
  work({ data, headers }: Job): string {
    return this.telemetry.extract(headers, () =>
      this.telemetry.withSpan('ship', () => `${data.order} for ${this.baggage.get('user.id') ?? 'nobody'}`),
    );
  }
}
// #endregion
