import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type ArgumentMetadata,
  type PipeTransform,
} from '@nestjs/common';
import { createNoopMeter, type Meter } from '@opentelemetry/api';
import { CREATE, type InstrumentDefinition } from '../../metrics/instruments/instrument-definition.js';
import { MeterManager } from '../../metrics/meter-manager.js';
import { errorText, RateLimitedLog } from '../../base/rate-limited-log.js';
import { TelemetryHub } from '../hub/telemetry-hub.js';

const log = new RateLimitedLog(new Logger('TelemetryModule'));
const MEASURES_NOTHING = createNoopMeter();

/**
 * Converts the values of instrument parameters into instruments. Nest creates one pipe per module, with the
 * providers of that module.
 */
@Injectable()
export class InstrumentPipe implements PipeTransform {
  private readonly made = new Map<InstrumentDefinition, unknown>();

  constructor(
    @Optional() @Inject(MeterManager) private readonly own: MeterManager | undefined,
    @Optional() @Inject(TelemetryHub) private readonly hub: TelemetryHub | undefined,
  ) {}

  transform(_value: unknown, { data }: ArgumentMetadata): unknown {
    const parameter = data as unknown as InstrumentDefinition;
    let instrument = this.made.get(parameter);
    if (instrument === undefined) this.made.set(parameter, (instrument = this.make(parameter)));
    return instrument;
  }

  private make(parameter: InstrumentDefinition): unknown {
    const meters = this.own ?? this.hub?.appWideInstance?.meterManager;
    try {
      if (meters !== undefined) return create(meters.getMeter(), parameter);
    } catch (error) {
      log.warn(
        `instrument ${parameter.name}`,
        `A handler's instrument measures nothing: ${errorText(error)}`,
      );
    }
    return create(MEASURES_NOTHING, parameter);
  }
}

function create(meter: Meter, { kind, name, options }: InstrumentDefinition): unknown {
  return meter[CREATE[kind]](name, options);
}
