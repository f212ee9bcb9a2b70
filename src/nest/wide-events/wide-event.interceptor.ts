import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Attributes } from '@opentelemetry/api';
import { tap, type Observable } from 'rxjs';
import { isObject } from '../../config/schema.js';
import { askInTime } from '../../base/user-function.js';
import { errorMessage, errorType } from '../../tracing/exception.js';
import type { RecordingSpan } from '../../tracing/recording-span.js';
import { TelemetryHub } from '../hub/telemetry-hub.js';
import { entrySpan, isWideEvent, markWideEvent, setFields, withWideEvent } from './wide-event.js';
import type { WideEventOptions } from '../instance/wide-event-options.js';

/**
 * Makes the span of each request that it handles a wide event: the one place for all that is known about
 * the request, from any provider, through `WideEventService` and `@WideEventField`. Bind it with
 * `APP_INTERCEPTOR` or `@UseInterceptors`.
 *
 * It adds `code.function.name`, what the option `wideEvents.seed` tells, and `error.type` and `error.message`
 * of what the handler throws. Elsewhere than in HTTP and GraphQL requests, the event is the span that is
 * active when the interceptor runs, such as a consumer's, if there is one.
 */
@Injectable()
export class WideEventInterceptor implements NestInterceptor {
  /** @internal */
  constructor(@Inject(TelemetryHub) private readonly hub: TelemetryHub) {}

  /** Runs the handler in the span of the wide event. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const span = entrySpan();
    if (span === undefined) return next.handle();
    if (!isWideEvent(span)) this.begin(span, context);
    return withWideEvent(span, () => next.handle()).pipe(
      tap({
        error: (error: unknown) => {
          span.setAttribute('error.type', errorType(error));
          span.setAttribute('error.message', errorMessage(error));
        },
      }),
    );
  }

  private begin(span: RecordingSpan, context: ExecutionContext): void {
    const type = context.getClass();
    markWideEvent(span);
    span.setAttribute('code.function.name', `${type.name}.${context.getHandler().name}`);
    const seed = this.hub.instanceOf(type)?.options.wideEvents?.seed;
    if (seed !== undefined) plant(seed, span, context);
  }
}

/** How long the span of a request waits for a seed; the request itself does not. */
const SEED_MILLIS = 30_000;

function plant(
  seed: NonNullable<WideEventOptions['seed']>,
  span: RecordingSpan,
  context: ExecutionContext,
): void {
  const take = (fields: Attributes | null | undefined): void => {
    if (isObject(fields)) setFields(span, fields);
  };
  const fail = (error: unknown): void => {
    span.setAttribute('wide_event.seed.error', errorMessage(error));
  };
  void askInTime(() => seed(context), SEED_MILLIS, take, fail);
}
