import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import { getMeterToken, listenForMeterNames, type MeterNameListener } from '../metadata/meter-names.js';
import { getTracerToken, listenForTracerNames, type TracerNameListener } from '../metadata/tracer-names.js';
import type { Coverage } from './coverage.js';

/**
 * Provides tracers and meters whose names were requested after the modules were read, by a file that was
 * loaded late.
 */
export class LateNames implements TracerNameListener, MeterNameListener {
  constructor(
    private readonly instances: ReadonlyMap<symbol, TelemetryInstance>,
    private readonly coverage: () => Coverage,
  ) {
    listenForTracerNames(this);
    listenForMeterNames(this);
  }

  onTracerName(name: string): void {
    for (const [id, { tracerManager }] of this.instances) {
      this.coverage().provide(id, getTracerToken(name), tracerManager.getTracer(name));
    }
  }

  onMeterName(name: string): void {
    for (const [id, { meterManager }] of this.instances) {
      this.coverage().provide(id, getMeterToken(name), meterManager.getMeter(name));
    }
  }
}
