import {
  SpanStatusCode,
  type Attributes,
  type AttributeValue,
  type Exception,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api';
import type { InstrumentationScope } from '../sdk/instrumentation-scope.js';
import type { Resource } from '../sdk/resource.js';
import type { ReadableSpan, TimedEvent } from '../sdk/readable-span.js';
import type { ErrorClassifier } from '../config/error-classification.js';
import type { FixedAttributes } from '../pipeline/encoding/fixed-attributes.js';
import type { Generation } from '../pipeline/generations/generation.js';
import { limitAttributes, truncate } from './attribute-limits.js';
import { readValue, toAttributeValue } from './attribute-value.js';
import { epochMillis, fromTimeInput, monotonicMillis, toHrTime } from './clock.js';
import { exceptionAttributes } from './exception.js';
import { markRecorded } from './recorded-errors.js';

const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };
const NO_LINKS: Link[] = [];
const NO_EVENTS: TimedEvent[] = [];

/** Called just before a span ends; must not throw. */
export interface SpanEnd {
  /**
   * Called before the span ends, so that it can set the last attributes.
   *
   * @param failed - whether an error was recorded, expected ones included
   */
  spanEnds(failed: boolean): void;
}

/**
 * A recorded span of one pipeline generation. SDK processors and exporters can read it.
 *
 * It is smaller and cheaper than the SDK's span: times stay numbers, lists exist only with entries, and
 * values that exporters would drop become text.
 */
export class RecordingSpan implements Span, ReadableSpan {
  readonly startMillis: number;
  endMillis = 0;
  status: SpanStatus = UNSET;
  links: Link[] = NO_LINKS;
  events: TimedEvent[] = NO_EVENTS;
  ended = false;
  private ending = false;
  droppedAttributesCount = 0;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  /** Called just before the span ends, to write late attributes. */
  atEnd: SpanEnd | undefined;
  /** Classifies errors that end the span, before the configuration's classifier does. */
  errorClassifier: ErrorClassifier | undefined;
  /** Called when the span ends, with all its data. */
  onEnd: ((span: RecordingSpan) => void) | undefined;
  /** The state that `clients` keeps about outgoing calls below this span. */
  callsBelow: object | undefined;
  /** The parent's span context; undefined for a root span, although `ReadableSpan` types it as optional. */
  parentSpanContext: SpanContext;
  readonly startMonotonic: number;
  /** Attributes that are kept separately until {@link attributes} is read. */
  fixedAttributes: FixedAttributes | undefined;
  private attributeCount: number;

  constructor(
    public generation: Generation,
    readonly instrumentationScope: InstrumentationScope,
    public name: string,
    readonly kind: SpanKind,
    protected context: SpanContext,
    parentSpanContext: SpanContext | undefined,
    /** The attributes object is kept, not copied: the caller guarantees valid values. */
    public ownAttributes: Attributes,
    startTime?: TimeInput,
  ) {
    this.parentSpanContext = parentSpanContext as SpanContext;
    this.startMonotonic = monotonicMillis();
    this.startMillis = startTime === undefined ? epochMillis(this.startMonotonic) : fromTimeInput(startTime);
    this.attributeCount = countKeys(ownAttributes);
    const { attributeCountLimit, attributeValueLengthLimit } = generation.spanLimits;
    if (this.attributeCount > attributeCountLimit || attributeValueLengthLimit !== Infinity) this.limit();
  }

  get resource(): Resource {
    return this.generation.resource;
  }

  get attributes(): Attributes {
    const { fixedAttributes } = this;
    if (fixedAttributes !== undefined) this.attributes = { ...fixedAttributes.values, ...this.ownAttributes };
    return this.ownAttributes;
  }

  set attributes(attributes: Attributes) {
    this.ownAttributes = attributes;
    this.fixedAttributes = undefined;
  }

  get startTime(): HrTime {
    return toHrTime(this.startMillis);
  }

  get endTime(): HrTime {
    return toHrTime(this.endMillis);
  }

  get duration(): HrTime {
    return toHrTime(Math.max(0, this.endMillis - this.startMillis));
  }

  spanContext(): SpanContext {
    return this.context;
  }

  isRecording(): boolean {
    return !this.ended;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.ended || key === '' || key === '__proto__') return this;
    const valid = toAttributeValue(value, this.generation.structuredAttributes);
    if (valid === undefined) return this;
    const limits = this.generation.spanLimits;
    const attributes = this.fixedAttributes?.has(key) === true ? this.attributes : this.ownAttributes;
    if (!Object.hasOwn(attributes, key)) {
      if (this.attributeCount >= limits.attributeCountLimit) {
        this.droppedAttributesCount += 1;
        return this;
      }
      this.attributeCount += 1;
    }
    attributes[key] = truncate(valid, limits.attributeValueLengthLimit);
    return this;
  }

  /** Adds a few valid attributes of the library without checks. Existing attributes are kept. */
  putUnder(fixed: FixedAttributes | undefined, others: Attributes): void {
    const limited = this.generation.spanLimits.attributeValueLengthLimit !== Infinity;
    if (this.attributeCount === 0 && !limited) {
      this.ownAttributes = others;
      this.fixedAttributes = fixed;
      this.attributeCount = countKeys(others) + (fixed?.count ?? 0);
      return;
    }
    const attributes: Attributes = { ...fixed?.values, ...others };
    if (limited) {
      for (const key of Object.keys(attributes)) {
        if (!Object.hasOwn(this.attributes, key)) this.setAttribute(key, attributes[key] as AttributeValue);
      }
      return;
    }
    this.attributes = Object.assign(attributes, this.attributes);
    this.attributeCount = countKeys(attributes);
  }

  setAttributes(attributes: Attributes): this {
    if (this.ended) return this;
    for (const key of Object.keys(attributes))
      this.setAttribute(key, readValue(attributes, key) as AttributeValue);
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.ended) return this;
    const limits = this.generation.spanLimits;
    if (this.events === NO_EVENTS) this.events = [];
    if (this.events.length >= limits.eventCountLimit) {
      this.droppedEventsCount += 1;
      if (limits.eventCountLimit === 0) return this;
      this.events.shift();
    }
    const isTime = isTimeInput(attributesOrTime);
    const at = time ?? (isTime ? attributesOrTime : undefined);
    this.events.push({
      name,
      time: toHrTime(at === undefined ? this.now() : fromTimeInput(at)),
      ...limitAttributes(
        isTime ? undefined : attributesOrTime,
        limits,
        limits.attributePerEventCountLimit,
        this.generation.structuredAttributes,
      ),
    });
    return this;
  }

  addLink(link: Link): this {
    // An untyped caller may pass any value.
    const { context, attributes } = (link as Link | null | undefined) ?? {};
    if (this.ended || context === undefined) return this;
    const limits = this.generation.spanLimits;
    if (this.links === NO_LINKS) this.links = [];
    if (this.links.length >= limits.linkCountLimit) {
      this.droppedLinksCount += 1;
      if (limits.linkCountLimit === 0) return this;
      this.links.shift();
    }
    this.links.push({
      context,
      ...limitAttributes(
        attributes,
        limits,
        limits.attributePerLinkCountLimit,
        this.generation.structuredAttributes,
      ),
    });
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  /** Sets the status. `Ok` is final, `Unset` changes nothing, and only `Error` keeps a message. */
  setStatus(status: SpanStatus): this {
    if (this.ended || status.code === SpanStatusCode.UNSET) return this;
    if (this.status.code === SpanStatusCode.OK) return this;
    this.status =
      status.code === SpanStatusCode.ERROR && typeof status.message === 'string'
        ? {
            code: status.code,
            message: truncate(status.message, this.generation.spanLimits.attributeValueLengthLimit) as string,
          }
        : { code: status.code };
    return this;
  }

  updateName(name: string): this {
    if (!this.ended) this.name = name;
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    markRecorded(exception, this.context.traceId);
    this.addEvent('exception', exceptionAttributes(exception), time);
  }

  /** Adds a listener that runs just before the span ends, after earlier listeners; it must not throw. */
  beforeEnd(listener: () => void): void {
    const { onEnd } = this;
    this.onEnd = (span) => {
      onEnd?.(span);
      listener();
    };
  }

  end(endTime?: TimeInput): void {
    // A processor may end the span while it is ending.
    if (this.ended || this.ending) return;
    this.ending = true;
    if (this.atEnd !== undefined) this.tellEnd(this.atEnd);
    this.endMillis = Math.max(this.startMillis, endTime === undefined ? this.now() : fromTimeInput(endTime));
    this.onEnd?.(this);
    this.generation.endSpan(this);
  }

  /** Applies the limits to the attributes that the span started with. */
  private limit(): void {
    const { attributes } = this;
    this.attributes = {};
    this.attributeCount = 0;
    this.setAttributes(attributes);
  }

  private tellEnd(listener: SpanEnd): void {
    this.atEnd = undefined;
    const failed =
      this.status.code === SpanStatusCode.ERROR || Object.hasOwn(this.ownAttributes, 'error.type');
    listener.spanEnds(failed);
  }

  /** Returns the time of the span's own monotonic clock. */
  private now(): number {
    return this.startMillis + (monotonicMillis() - this.startMonotonic);
  }
}

function countKeys(attributes: Attributes): number {
  let count = 0;
  for (const _key in attributes) count += 1;
  return count;
}

function isTimeInput(value: Attributes | TimeInput | undefined): value is TimeInput {
  return (
    typeof value === 'number' ||
    value instanceof Date ||
    (Array.isArray(value) && typeof value[0] === 'number')
  );
}
