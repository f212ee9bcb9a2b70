import { Inject, Injectable } from '@nestjs/common';
import type { Span, Tracer } from '@opentelemetry/api';
import { managerServices } from '../../tracing/manager-services.js';
import type { SpanOptions } from '../../tracing/span-options.js';
import { TracerManager } from '../../tracing/tracer-manager.js';
import { NO_SPAN } from '../../tracing/unrecorded-span.js';

/**
 * The part of {@link TracerManager} that users of nestjs-otel and
 * `@amplication/opentelemetry-nestjs` know by this name.
 */
@Injectable()
export class TraceService {
  constructor(@Inject(TracerManager) private readonly manager: TracerManager) {}

  /** The module's own tracer. */
  getTracer(): Tracer {
    return this.manager.getTracer();
  }

  /** The active span; never absent: outside of traces it is one that records nothing. */
  getSpan(): Span {
    return this.manager.activeSpan() ?? NO_SPAN;
  }

  /** Starts a child of the active span without activating it; end it yourself. */
  startSpan(name: string, options?: SpanOptions): Span {
    return this.manager.startSpan(name, options);
  }
}

managerServices.add(TraceService);
