import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';

/**
 * Traces the streams of the `@Sse` routes that it is bound to where the module does not by itself
 * (`sse: false`, `http: false`).
 *
 * **Gotchas** It marks the route: the handler's Observable is traced where the handler returns it, so that
 * the interceptor does what an identity interceptor does, and nothing else. Even that lets Nest send the
 * headers before an async handler is done; what the module covers needs none.
 */
@Injectable()
export class SseTelemetryInterceptor implements NestInterceptor {
  /** Passes the call on. */
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}
