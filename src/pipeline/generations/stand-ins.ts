import type { ResolvedTracerConfig } from '../../config/resolve-config.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { Generation } from './generation.js';
import type { GenerationLife } from './generation-life.js';
import type { SpanSink } from '../span-sink.js';

/** The part of a pipeline that needs stand-ins. */
export interface StandInPipeline {
  readonly current: Generation | undefined;
  readonly given: TracerConfig;
  resolveConfig(config: TracerConfig): ResolvedTracerConfig;
}

/** Creates generations without exporters, for spans whose generation is not known yet or does not exist. */
export class StandIns {
  private nowhere: { readonly under: Generation | undefined; readonly generation: Generation } | undefined;

  constructor(
    private readonly pipeline: StandInPipeline,
    private readonly life: GenerationLife,
  ) {}

  /** Creates a generation that records everything into `sink`; its `given` object is unique to it. */
  holding(sink: SpanSink): { readonly generation: Generation; readonly given: TracerConfig } {
    const given = { ...this.pipeline.given };
    return { generation: this.make(given, { sampler: { type: 'always-on' } }, [sink]), given };
  }

  /** Returns the generation that records nothing; it stays the same until the configuration changes. */
  dropping(): Generation {
    const { current, given } = this.pipeline;
    if (this.nowhere === undefined || (current !== undefined && this.nowhere.under !== current)) {
      const sampler = { type: 'always-off', parentBased: false } as const;
      // A temporary configuration over it exports nothing either, unless it names an exporter.
      const off: TracerConfig = { ...given, sampler, exporter: { type: 'none' } };
      this.nowhere = { under: current, generation: this.make(off, { sampler }, []) };
    }
    return this.nowhere.generation;
  }

  private make(
    given: TracerConfig,
    change: Partial<ResolvedTracerConfig>,
    sinks: readonly SpanSink[],
  ): Generation {
    const config = this.pipeline.current?.config ?? this.pipeline.resolveConfig(given);
    return this.life.unleased(given, { ...config, ...change, exporters: [], spanProcessors: [] }, sinks);
  }
}
