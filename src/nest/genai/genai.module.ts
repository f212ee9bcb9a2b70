import { Global, Module } from '@nestjs/common';
import { activeContext } from '../../context/flow-context.js';
import { GenAiTracer } from '../../genai/genai-tracer.js';
import { pipelineOfFlow } from '../../tracing/pipeline-of-flow.js';
import { managerOfPipeline, type TracerManager } from '../../tracing/tracer-manager.js';
import { TelemetryHub } from '../hub/telemetry-hub.js';
import { TelemetryHubModule } from '../module/telemetry-hub.module.js';

/**
 * Makes {@link GenAiTracer} injectable everywhere, whichever module imports it. A call belongs to the
 * instance of its flow; outside of flows, to the app-wide instance.
 */
@Global()
@Module({
  imports: [TelemetryHubModule],
  providers: [
    {
      provide: GenAiTracer,
      inject: [TelemetryHub],
      useFactory: (hub: TelemetryHub) => new GenAiTracer({ manager: () => managerOfFlow(hub) }),
    },
  ],
  exports: [GenAiTracer],
})
export class GenAiModule {}

function managerOfFlow(hub: TelemetryHub): TracerManager | undefined {
  const pipeline = pipelineOfFlow(activeContext());
  return (pipeline && managerOfPipeline(pipeline)) ?? hub.appWideManager ?? hub.all()[0]?.tracerManager;
}
