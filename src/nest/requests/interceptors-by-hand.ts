import type { Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { HttpTelemetryInterceptor } from './http-telemetry.interceptor.js';
import { SseTelemetryInterceptor } from './sse-telemetry.interceptor.js';

/** The metadata key of `@UseInterceptors`. */
export const INTERCEPTORS_METADATA = '__interceptors__';

/** Which of the library's interceptors the app bound to a handler. */
export interface InterceptorsByHand {
  readonly http: boolean;
  readonly sse: boolean;
}

/** Reads the interceptors of the handler, its class and the app. */
export function interceptorsByHand(
  type: Type,
  handler: object,
  config: ApplicationConfig,
): InterceptorsByHand {
  const bound = [
    ...metadata(handler),
    ...metadata(type),
    ...config.getGlobalInterceptors(),
    ...config.getGlobalRequestInterceptors().map(({ metatype }) => metatype),
  ];
  const sse = bound.some((interceptor) => isA(interceptor, SseTelemetryInterceptor));
  return { http: sse || bound.some((interceptor) => isA(interceptor, HttpTelemetryInterceptor)), sse };
}

function metadata(target: object): unknown[] {
  return (Reflect.getMetadata(INTERCEPTORS_METADATA, target) as unknown[] | undefined) ?? [];
}

/** Whether an interceptor, bound as a class or as an object, is of a type. */
function isA(interceptor: unknown, type: Type): boolean {
  if (interceptor instanceof type) return true;
  return typeof interceptor === 'function' && (interceptor === type || interceptor.prototype instanceof type);
}
