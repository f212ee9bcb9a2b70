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
 * Turns the span of each request that it handles into a wide event, which collects all facts about the
 * request. Any provider can add fields through `WideEventService` and `@WideEventField`. Bind it with
 * `APP_INTERCEPTOR` or `@UseInterceptors`.
 *
 * It adds `code.function.name`, the fields of the option `wideEvents.seed`, and `error.type` and
 * `error.message` if the handler fails. Outside of HTTP and GraphQL requests, the event is the span that is
 * active when the interceptor runs, such as a consumer's.
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

/**
 * The longest time that a request's span waits for a seed, in milliseconds; the request itself does not
 * wait.
 */
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
