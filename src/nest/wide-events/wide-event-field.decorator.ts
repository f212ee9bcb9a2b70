import type { AttributeValue } from '@opentelemetry/api';
import { isAttributeValue } from '../../sdk/attribute-value.js';
import { noteResult } from '../../tracing/note-result.js';
import { ask } from '../../base/user-function.js';
import { decoratorLog, reportHook } from '../decorators/decorator-log.js';
import { classNameOf } from '../../base/class-name.js';
import { asWritten, wrapMethod } from '../decorators/method-wrapper.js';
import { setField, wideEvent } from './wide-event.js';

/**
 * Records the method's result, or the value of its promise, in the wide event of the request; see
 * `WideEventInterceptor`.
 *
 * @param pick - selects a value from the result; default: the result itself. A value that is not an
 *   attribute value, such as an object or a stream, is left out
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the decorator is not on a method
 */
/* eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters,
   @typescript-eslint/no-explicit-any -- users of nestjs-otel may name the type */
export function WideEventField<T = any>(
  key: string,
  pick?: (result: T) => AttributeValue | undefined,
): MethodDecorator {
  return (target: object, method: PropertyKey, descriptor: PropertyDescriptor) => {
    const name = `${classNameOf(target)}.${String(method)}`;
    wrapMethod(
      '@WideEventField',
      target,
      method,
      descriptor,
      (original) =>
        function (this: unknown, ...args: unknown[]): unknown {
          const span = wideEvent();
          if (span === undefined) return original.apply(this, args);
          const call = { name, written: asWritten(original), log: decoratorLog };
          return noteResult(
            () => original.apply(this, args),
            call,
            (value) => {
              ask(
                () => (pick === undefined ? value : pick(value as T)),
                (field) => {
                  if (isAttributeValue(field)) setField(span, key, field);
                },
                (error) => {
                  reportHook('@WideEventField', name, error);
                },
              );
            },
          );
        },
      false,
    );
  };
}
