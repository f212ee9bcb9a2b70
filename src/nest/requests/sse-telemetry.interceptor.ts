import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';

/**
 * Traces the streams of its `@Sse` routes if the module does not (`sse: false`, `http: false`).
 *
 * **Gotchas** The interceptor only marks the route; the handler's Observable is traced where the handler
 * returns it. Like any interceptor, it lets Nest send the headers before an async handler is done. Routes
 * that the module covers need none.
 */
@Injectable()
export class SseTelemetryInterceptor implements NestInterceptor {
  /** Calls the handler without a change. */
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}
