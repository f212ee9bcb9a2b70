import { Injectable } from '@nestjs/common';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { monotonicMillis } from '../../tracing/clock.js';
import { addToField, setField, setFields, wideEvent } from './wide-event.js';

/**
 * Sets fields on the span of the whole request, from any code in it. If a field is set twice, the last
 * value wins.
 *
 * No method has an effect outside of a `WideEventInterceptor`, in requests that are not sampled, or after
 * the span has ended. The limits and the masking of attributes apply.
 */
@Injectable()
export class WideEventService {
  /** Sets a field. A value that is not an attribute value, such as an object, becomes JSON text. */
  set(key: string, value: AttributeValue): void {
    const span = wideEvent();
    if (span !== undefined) setField(span, key, value);
  }

  /** Sets several fields; those with the value `undefined` are left out. */
  setMany(attributes: Attributes): void {
    const span = wideEvent();
    if (span !== undefined) setFields(span, attributes);
  }

  /** Adds to a numeric field. @param by - the amount; default 1 */
  increment(key: string, by = 1): void {
    const span = wideEvent();
    if (span !== undefined) addToField(span, key, by);
  }

  /**
   * Starts a timer. The returned function stops it, once, and adds the milliseconds to the field. Timers
   * with the same key add up.
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
