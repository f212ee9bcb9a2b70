import { managerServices, type ManagerService } from '../../tracing/manager-services.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import { getMeterToken, meterNames } from '../metadata/meter-names.js';
import { getTracerToken, tracerNames } from '../metadata/tracer-names.js';
import type { Coverage } from './coverage.js';

/**
 * Provides tracers, meters and services that were requested after the modules were read, by a file that was
 * loaded late.
 */
export class LateNames {
  constructor(
    private readonly instances: ReadonlyMap<symbol, TelemetryInstance>,
    private readonly coverage: () => Coverage,
  ) {
    tracerNames.listen(this.onTracerName);
    meterNames.listen(this.onMeterName);
    managerServices.listen(this.onService);
  }

  private readonly onTracerName = (name: string): void => {
    for (const [id, { tracerManager }] of this.instances) {
      this.coverage().provide(id, getTracerToken(name), tracerManager.getTracer(name));
    }
  };

  private readonly onMeterName = (name: string): void => {
    for (const [id, { meterManager }] of this.instances) {
      this.coverage().provide(id, getMeterToken(name), meterManager.getMeter(name));
    }
  };

  private readonly onService = (service: ManagerService): void => {
    for (const [id, { tracerManager }] of this.instances) {
      this.coverage().provide(id, service, new service(tracerManager));
    }
  };
}
