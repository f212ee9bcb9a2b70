import { SpanStatusCode, type Attributes, type AttributeValue } from '@opentelemetry/api';
import type { CallMeter, CallMetric } from '../pipeline/call-meter.js';
import { monotonicMillis } from './clock.js';
import { classifyError } from './error-classifier.js';
import { RecordingSpan } from './recording-span.js';
import { UnrecordedSpan } from './unrecorded-span.js';

/** The resolved option `metric` of a call. */
export class CallMeasure {
  private readonly name: string;
  private readonly keys: readonly string[];

  constructor(
    private readonly meter: CallMeter,
    metric: true | CallMetric,
    spanName: string,
  ) {
    const { name, attributes = [] } = metric === true ? {} : metric;
    this.name = name ?? `${instrumentName(spanName)}.duration`;
    this.keys = attributes;
  }

  /** Creates the measurement of a recorded or unrecorded call. */
  of(span: RecordingSpan | UnrecordedSpan, given: Attributes | undefined): RecordingSpan | UnrecordedSpan {
    if (!(span instanceof RecordingSpan)) return new UnrecordedCall(span, this, given);
    span.onEnd = ({ attributes, status, startMillis, endMillis }) => {
      const failed = status.code === SpanStatusCode.ERROR;
      const type = attributes['error.type'];
      this.record((endMillis - startMillis) / 1000, attributes, type ?? (failed ? '_OTHER' : undefined));
    };
    return span;
  }

  record(seconds: number, attributes: Attributes, errorType: AttributeValue | undefined): void {
    const chosen: Attributes = {};
    for (const key of this.keys) {
      if (attributes[key] !== undefined) chosen[key] = attributes[key];
    }
    if (errorType !== undefined) chosen['error.type'] = errorType;
    this.meter.recordCall(this.name, seconds, chosen);
  }

  wants(key: string): boolean {
    return this.keys.includes(key);
  }
}

/** A call whose span is not recorded but whose duration is measured. */
class UnrecordedCall extends UnrecordedSpan {
  private readonly startedAt = monotonicMillis();
  private readonly attributes: Attributes;
  private errorType: string | undefined;
  private ended = false;

  constructor(
    span: UnrecordedSpan,
    private readonly measure: CallMeasure,
    given: Attributes | undefined,
  ) {
    super(span.spanContext(), span.activates);
    this.attributes = { ...given };
  }

  override get saysNothing(): boolean {
    return false;
  }

  override setAttribute(key: string, value: AttributeValue): this {
    if (this.measure.wants(key)) this.attributes[key] = value;
    return this;
  }

  override setAttributes(attributes: Attributes): this {
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined) this.setAttribute(key, value);
    }
    return this;
  }

  override failed(error: unknown): void {
    this.errorType = classifyError(error).type;
  }

  override end(): void {
    if (this.ended) return;
    this.ended = true;
    this.measure.record((monotonicMillis() - this.startedAt) / 1000, this.attributes, this.errorType);
  }
}

/** Converts a span's name to a valid instrument name. */
function instrumentName(spanName: string): string {
  const name = spanName.replace(/[^a-z0-9_.\-/]+/gi, '_').slice(0, 200);
  return /^[a-z]/i.test(name) ? name : `span.${name}`;
}
