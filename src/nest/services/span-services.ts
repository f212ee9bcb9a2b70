import type { FactoryProvider } from '@nestjs/common';
import { TracerManager } from '../../tracing/tracer-manager.js';
import { WorkflowTracer } from '../../workflow/workflow-tracer.js';
import { TraceService } from './trace.service.js';

/** The services built on a module's manager, which are provided together with it. */
export const SPAN_SERVICES: readonly FactoryProvider[] = [
  {
    provide: WorkflowTracer,
    inject: [TracerManager],
    useFactory: (manager: TracerManager) => new WorkflowTracer(manager),
  },
  {
    provide: TraceService,
    inject: [TracerManager],
    useFactory: (manager: TracerManager) => new TraceService(manager),
  },
];

export const SPAN_SERVICE_TOKENS = [WorkflowTracer, TraceService] as const;
