import { Inject, Injectable } from '@nestjs/common';
import { TracerManager } from 'nestjs-telemetry';

interface Job {
  readonly data: { readonly order: string };
  readonly headers: Record<string, string>;
}

declare const queue: { add(job: Job): Promise<void> };
declare function ship(order: string): Promise<void>;

// #region queue
@Injectable()
export class Shipping {
  constructor(@Inject(TracerManager) private readonly telemetry: TracerManager) {}

  enqueue(order: string): Promise<void> {
    return queue.add({ data: { order }, headers: this.telemetry.inject({}) });
  }

  /** In the worker: the same trace, the same baggage. */
  work({ data, headers }: Job): Promise<void> {
    return this.telemetry.extract(headers, () => this.telemetry.withSpan('ship', () => ship(data.order)));
  }
}
// #endregion
