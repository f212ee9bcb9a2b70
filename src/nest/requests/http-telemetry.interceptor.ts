import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';

/**
 * Gives the routes that it is bound to a server span where the module makes none by itself (`http: false`). A
 * request gets one span however often, and wherever, the interceptor is named.
 *
 * **Gotchas** It marks the route: the span begins with the request and ends with the response, not here. Nest
 * pays for any interceptor, this one included; what the module covers needs none.
 */
@Injectable()
export class HttpTelemetryInterceptor implements NestInterceptor {
  /** Passes the call on. */
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}
