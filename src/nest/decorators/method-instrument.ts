import { Logger } from '@nestjs/common';
import type { MeterManager } from '../../metrics/meter-manager.js';
import { errorText, RateLimitedLog } from '../../base/rate-limited-log.js';

const log = new RateLimitedLog(new Logger('TelemetryModule'));

/**
 * The instrument of one decorated method, one per instance in which it is called. If its name is taken by
 * another instrument, the method is not measured.
 */
export class MethodInstrument<T> {
  private readonly made = new WeakMap<MeterManager, { readonly instrument: T | undefined }>();

  constructor(
    private readonly name: string,
    private readonly create: (meters: MeterManager) => T,
  ) {}

  /** Returns the instrument; `undefined` while metrics are off. */
  of(meters: MeterManager | undefined): T | undefined {
    if (meters?.isEnabled() !== true) return undefined;
    let made = this.made.get(meters);
    if (made === undefined) this.made.set(meters, (made = { instrument: this.make(meters) }));
    return made.instrument;
  }

  private make(meters: MeterManager): T | undefined {
    try {
      return this.create(meters);
    } catch (error) {
      log.warn(`instrument ${this.name}`, `A method is not measured: ${errorText(error)}`);
      return undefined;
    }
  }
}
