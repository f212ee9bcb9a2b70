import { Test, type TestingModule } from '@nestjs/testing';
import type { Attributes } from '@opentelemetry/api';
import { onTestFinished } from 'vitest';
import { TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { WorkflowTracer } from '../../src/entry-points/workflow.js';
import { SpanRecorder, TelemetryTestingModule } from '../../src/testing/index.js';

export interface Bench {
  readonly module: TestingModule;
  readonly tracer: WorkflowTracer;
  readonly manager: TracerManager;
  readonly recorder: SpanRecorder;
  /** Attributes of an ended span without the prefix, durations left out. */
  attributes(name: string): Attributes;
}

export async function start(options: TelemetryModuleOptions = {}): Promise<Bench> {
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot(options)],
  }).compile();
  onTestFinished(() => module.close());
  const recorder = module.get(SpanRecorder);
  return {
    module,
    tracer: module.get(WorkflowTracer),
    manager: module.get(TracerManager),
    recorder,
    attributes: (name) =>
      Object.fromEntries(
        Object.entries(recorder.span(name).attributes)
          .map(([key, value]) => [key.replace(/^workflow\./, ''), value] as const)
          .filter(([key]) => !key.endsWith('duration_ms')),
      ),
  };
}
