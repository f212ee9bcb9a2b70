import type { Observable } from 'rxjs';
import { observeLike } from './context-subscriber.js';
import type { StreamSpan } from './stream-span.js';

/** Wraps an Observable so that the span is active in its producer and ends with the last subscription. */
export function spanObservable<T>(source: Observable<T>, stream: StreamSpan): Observable<T> {
  const traced = observeLike(source, {
    begin() {
      const use = stream.use();
      let failure: { readonly error: unknown } | undefined;
      let completed = false;
      return {
        context: use.context,
        listener: {
          next(value) {
            use.chunk(value);
          },
          complete() {
            completed = true;
          },
          error(error) {
            failure = { error };
          },
          closed() {
            if (failure !== undefined) use.fail(failure.error);
            else if (completed) use.end();
            else use.endEarly();
          },
        },
      };
    },
  });
  return stream.watch(traced);
}
