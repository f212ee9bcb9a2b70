import { Injectable } from '@nestjs/common';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { monotonicMillis } from '../../tracing/clock.js';
import { addToField, setField, setFields, wideEvent } from './wide-event.js';

/**
 * Puts fields on the span that stands for the whole request, from anywhere in it; of a field that is set
 * twice, the last value counts.
 *
 * Every method does nothing outside of what a `WideEventInterceptor` handles, in requests that are not
 * sampled, and once the span has ended. The limits and the masking of attributes hold.
 */
@Injectable()
export class WideEventService {
  /** Sets a field; a value that is not an attribute value, such as an object, becomes JSON text. */
  set(key: string, value: AttributeValue): void {
    const span = wideEvent();
    if (span !== undefined) setField(span, key, value);
  }

  /** Fields whose value is `undefined` are left out. */
  setMany(attributes: Attributes): void {
    const span = wideEvent();
    if (span !== undefined) setFields(span, attributes);
  }

  /** Adds to a number. @param by - default 1 */
  increment(key: string, by = 1): void {
    const span = wideEvent();
    if (span !== undefined) addToField(span, key, by);
  }

  /**
   * Measures until the returned function is called, which adds the milliseconds to the field; once, however
   * often it is called. Timers of one name add up.
   */
  startTimer(key: string): () => void {
    let span = wideEvent();
    const begun = monotonicMillis();
    return () => {
      if (span !== undefined) addToField(span, key, monotonicMillis() - begun);
      span = undefined;
    };
  }
}
