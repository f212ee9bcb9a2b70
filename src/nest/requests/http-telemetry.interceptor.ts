import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';

/**
 * Gives its routes a server span if the module creates none (`http: false`). A request gets one span,
 * however often the interceptor is bound.
 *
 * **Gotchas** The interceptor only marks the route: the span covers the whole request and response. In Nest
 * every interceptor costs time, and routes that the module covers need none.
 */
@Injectable()
export class HttpTelemetryInterceptor implements NestInterceptor {
  /** Calls the handler without a change. */
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}
