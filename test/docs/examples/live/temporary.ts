import { Injectable } from '@nestjs/common';
import { TracerManager, type TracerConfig } from 'nestjs-telemetry';
import { interval, take, type Observable } from 'rxjs';

// #region temporary
const everything: TracerConfig = {
  sampler: { type: 'always-on', parentBased: false },
  resourceAttributes: { replay: true },
};

@Injectable()
export class Replay {
  constructor(private readonly manager: TracerManager) {}

  run(): Observable<number> {
    return this.manager.withTemporaryConfig(everything, () =>
      this.manager.withSpan('replay', () => interval(1).pipe(take(3))),
    );
  }
}
// #endregion
