import type { Attributes } from '@opentelemetry/api';
import type { CallMeter, HistogramDefinition } from '../pipeline/call-meter.js';
import { GEN_AI } from './attribute-names.js';
import type { CallFacts } from './call-facts.js';
import { isGenAiOperation, isInference } from './operations.js';

/** The conventions' buckets for durations, in seconds. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/** The conventions' buckets for token counts. */
const TOKENS = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
];

const DOLLARS = [0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50, 100];

function seconds(name: string, description: string): HistogramDefinition {
  return { name, description, unit: 's', boundaries: SECONDS };
}

function tokens(name: string, description: string): HistogramDefinition {
  return { name, description, unit: '{token}', boundaries: TOKENS };
}

/** The metric names of one version of the conventions. */
interface MetricNames {
  readonly duration: HistogramDefinition;
  readonly firstChunk: HistogramDefinition;
  readonly perChunk: HistogramDefinition;
  readonly input: HistogramDefinition;
  readonly output: HistogramDefinition;
  /** Whether input and output tokens share an instrument. */
  readonly tokenType: boolean;
}

const USAGE = tokens('gen_ai.client.token.usage', 'Number of input and output tokens used.');

const INFERENCE: Readonly<Record<'current' | 'latest', MetricNames>> = {
  current: {
    duration: seconds('gen_ai.client.operation.duration', 'GenAI operation duration.'),
    firstChunk: seconds(
      'gen_ai.client.operation.time_to_first_chunk',
      'Time to the first chunk of a streamed answer.',
    ),
    perChunk: seconds(
      'gen_ai.client.operation.time_per_output_chunk',
      'Time between two chunks of a streamed answer.',
    ),
    input: USAGE,
    output: USAGE,
    tokenType: true,
  },
  latest: {
    duration: seconds('gen_ai.client.inference.duration', 'GenAI inference duration.'),
    firstChunk: seconds(
      'gen_ai.client.inference.time_to_first_chunk',
      'Time to the first chunk of a streamed answer.',
    ),
    perChunk: seconds(
      'gen_ai.client.inference.time_per_output_chunk',
      'Time between two chunks of a streamed answer.',
    ),
    input: tokens('gen_ai.client.inference.usage.input_tokens', 'Number of input tokens used.'),
    output: tokens('gen_ai.client.inference.usage.output_tokens', 'Number of output tokens used.'),
    tokenType: false,
  },
};

const COST: HistogramDefinition = {
  name: 'nestjs.gen_ai.cost',
  description: 'Cost of an operation, where its price is known.',
  unit: '{USD}',
  boundaries: DOLLARS,
};

/** Measures one call that has ended. */
export function measureCall(
  meter: CallMeter,
  facts: CallFacts,
  measured: {
    readonly seconds: number;
    readonly gaps: readonly number[];
    readonly errorType: string | undefined;
  },
  version: 'current' | 'latest',
): void {
  if (!isGenAiOperation(facts.operation)) return;
  const { usage, cost, timeToFirstChunk, summed } = facts;
  const names = INFERENCE[isInference(facts.operation) ? version : 'current'];
  const attributes = attributesOf(facts);
  const { errorType } = measured;
  meter.record(
    names.duration,
    measured.seconds,
    errorType === undefined ? attributes : { ...attributes, 'error.type': errorType },
  );
  if (timeToFirstChunk !== undefined) meter.record(names.firstChunk, timeToFirstChunk, attributes);
  for (const gap of measured.gaps) meter.record(names.perChunk, gap, attributes);
  // The calls of a sum were measured themselves.
  if (summed) return;
  if (cost !== undefined) meter.record(COST, cost.total, attributes);
  for (const [definition, type, count] of [
    [names.input, 'input', usage.inputTokens],
    [names.output, 'output', usage.outputTokens],
  ] as const) {
    if (count === undefined) continue;
    meter.record(
      definition,
      count,
      names.tokenType ? { ...attributes, [GEN_AI.tokenType]: type } : attributes,
    );
  }
}

/** Returns the attributes of the metrics, each of which has few values. */
function attributesOf({ operation, options, response }: CallFacts): Attributes {
  const { provider, model, server } = options;
  return {
    [GEN_AI.operation]: operation,
    ...(provider === undefined ? {} : { [GEN_AI.provider]: provider }),
    ...(model === undefined ? {} : { [GEN_AI.requestModel]: model }),
    ...(response.model === undefined ? {} : { [GEN_AI.responseModel]: response.model }),
    ...(server === undefined ? {} : { 'server.address': server.address }),
    ...(server?.port === undefined ? {} : { 'server.port': server.port }),
  };
}
