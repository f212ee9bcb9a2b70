import type { Context } from '@opentelemetry/api';
import type { TracerManager } from 'nestjs-telemetry';
import type { WorkflowTracer } from 'nestjs-telemetry/workflow';

export interface Stage {
  readonly id: string;
  readonly name: string;
  readonly componentType: string;
  execute(): Promise<{ tokens: number; costUsd: number } | undefined>;
}

// #region with-spans
export function quickStart(tracer: WorkflowTracer, executeStage: () => Promise<number>): Promise<number> {
  return tracer.withPipelineSpan('my-pipeline', { pipelineId: '123' }, () =>
    tracer.withStageSpan('stage-1', { componentType: 'generator' }, async (_span, stage) => {
      const result = await executeStage();
      stage.addUsage({ outputTokens: 150 });
      return result;
    }),
  );
}
// #endregion

// #region run
export function runStages(tracer: WorkflowTracer, stages: readonly Stage[]): Promise<void> {
  const run = tracer.pipelineRun({ pipelineId: '123', name: 'my-pipeline', runId: 'run-456' });
  return run.execute(async () => {
    for (const { id, name, componentType, execute } of stages) {
      await run.stage({ id, name, componentType }, async (_span, stage) => {
        const result = await execute();
        if (result === undefined) stage.skip('nothing to do');
        else stage.recordSuccess({ outputTokens: result.tokens, costUsd: result.costUsd });
      });
    }
    run.addEvent('all stages ran');
  });
}
// #endregion

// #region parallel
export async function runAtOnce(tracer: WorkflowTracer, stages: readonly Stage[]): Promise<void> {
  await tracer.withPipelineSpan('fan-out', async (_span, run) => {
    await Promise.allSettled(
      stages.map(({ id, execute }) =>
        tracer.withStageSpan(id, async (_stageSpan, stage) => {
          const result = await execute();
          if (result !== undefined) stage.addUsage({ outputTokens: result.tokens, costUsd: result.costUsd });
        }),
      ),
    );
    run.addUsage({ inputTokens: 10 });
  });
}
// #endregion

// #region propagation
export function callNext(manager: TracerManager): Promise<Response> {
  return fetch('http://127.0.0.1:3001/run', { method: 'POST', headers: manager.inject({}) });
}

export function continued(
  manager: TracerManager,
  tracer: WorkflowTracer,
  headers: Record<string, string>,
): string {
  const parent: Context = manager.extract(headers);
  return tracer.withPipelineSpan('my-pipeline', { parent }, () => 'done');
}
// #endregion

// #region other-spans
export async function decide(tracer: WorkflowTracer, url: string): Promise<'long' | 'short'> {
  const response = await tracer.withHttpSpan('GET', url, () => fetch(url));
  return tracer.withControlFlowSpan('branch', 'stage-1', () => (response.ok ? 'long' : 'short'));
}
// #endregion
