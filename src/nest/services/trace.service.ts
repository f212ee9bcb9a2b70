import { Inject, Injectable } from '@nestjs/common';
import type { Span, Tracer } from '@opentelemetry/api';
import { managerServices } from '../../tracing/manager-services.js';
import type { SpanOptions } from '../../tracing/span-options.js';
import { TracerManager } from '../../tracing/tracer-manager.js';
import { NO_SPAN } from '../../tracing/unrecorded-span.js';

/**
 * Offers the methods of {@link TracerManager} that nestjs-otel and `@amplication/opentelemetry-nestjs` have
 * under this name.
 */
@Injectable()
export class TraceService {
  constructor(@Inject(TracerManager) private readonly manager: TracerManager) {}

  /** Returns the module's own tracer. */
  getTracer(): Tracer {
    return this.manager.getTracer();
  }

  /** Returns the active span; outside of traces, one that records nothing. */
  getSpan(): Span {
    return this.manager.activeSpan() ?? NO_SPAN;
  }

  /** Starts a child of the active span without activating it. The caller must end it. */
  startSpan(name: string, options?: SpanOptions): Span {
    return this.manager.startSpan(name, options);
  }
}

managerServices.add(TraceService);
