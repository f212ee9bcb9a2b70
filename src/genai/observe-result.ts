import { whenSettled } from '../tracing/record-value.js';
import type { GenAiCall } from './genai-call.js';
import { isApiPromise, tapApiPromise } from './clients/api-promise.js';

/** Has a call read what its function returned, as soon as it is there. The result itself stays what it is. */
export function observeResult<T>(call: GenAiCall, result: T): T {
  if (isApiPromise(result)) {
    tapApiPromise(result, (value) => {
      call.readResult(value);
    });
    return result;
  }
  return whenSettled(result, (value) => {
    call.readResult(value);
  });
}
