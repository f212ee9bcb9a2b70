import { Test } from '@nestjs/testing';
import type { Attributes } from '@opentelemetry/api';
import { onTestFinished } from 'vitest';
import { GenAiModule, GenAiTracer, type GenAiConfig } from '../../../src/entry-points/genai.js';
import { MeterManager, TracerManager, type TelemetryModuleOptions } from '../../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../../src/testing/index.js';

export interface GenAiBench {
  readonly genAi: GenAiTracer;
  readonly manager: TracerManager;
  readonly meters: MeterManager;
  readonly recorder: SpanRecorder;
  /** Attributes of an ended span; times are replaced by their type, since they differ from run to run. */
  attributes(name: string): Attributes;
}

/** An app with one recorded instance and a GenAI tracer. */
export async function startGenAi(
  genai: GenAiConfig = {},
  options: TelemetryModuleOptions = {},
): Promise<GenAiBench> {
  const module = await Test.createTestingModule({
    // The HTTP calls below a model call have tests of their own.
    imports: [TelemetryTestingModule.forRoot({ clients: false, ...options, genai }), GenAiModule],
  }).compile();
  await module.init();
  onTestFinished(() => module.close());
  const recorder = module.get(SpanRecorder);
  return {
    genAi: module.get(GenAiTracer, { strict: false }),
    manager: module.get(TracerManager),
    meters: module.get(MeterManager),
    recorder,
    attributes: (name) => withoutTimes(recorder.span(name).attributes),
  };
}

/** Times become the word for their type. */
export function withoutTimes(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      key === 'gen_ai.response.time_to_first_chunk' ? typeof value : value,
    ]),
  );
}
