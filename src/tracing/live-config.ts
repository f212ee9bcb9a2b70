import { originsOf, shownConfig } from '../config/config-origins.js';
import { environmentOf } from '../config/resolve-config.js';
import { redactConfig } from '../config/redact-config.js';
import type { FlowContext } from '../context/flow-context.js';
import { contentText } from '../config/content-key.js';
import type { Generation } from '../pipeline/generations/generation.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { TelemetryStatus } from '../pipeline/telemetry-status.js';
import { generationFor } from './instance-tracer.js';

type LiveConfig = Pick<TelemetryStatus, 'config' | 'origins'>;

const NONE: LiveConfig = { config: {}, origins: {} };

/** The live configuration of each generation, with the base generation that it was compared with. */
const known = new WeakMap<Generation, { readonly base: Generation; readonly live: LiveConfig }>();

/** Returns the configuration for spans that start here, and the origin of each value. */
export function liveConfig(pipeline: Pipeline, context: FlowContext): LiveConfig {
  const { current } = pipeline;
  if (current === undefined) return NONE;
  const generation = generationFor(pipeline, context) ?? current;
  const before = known.get(generation);
  if (before?.base === current) return before.live;
  const config = shownConfig(generation.config);
  config['resourceAttributes'] = redactConfig(maskedOf(generation, config['resourceAttributes'] as object));
  const layers = {
    given: generation.given,
    initial: pipeline.initial ?? generation.given,
    environment: environmentOf(generation.config),
    ...(generation === current
      ? {}
      : { base: { given: current.given, changedBy: changerOf(pipeline, context) } }),
  };
  const live = { config, origins: originsOf(config, layers, pipeline.env, sameContent) };
  known.set(generation, { base: current, live });
  return live;
}

/** Returns the resource attributes as spans show them, masked. */
function maskedOf({ resource }: Generation, shown: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(shown).map((name) => [name, resource.attributes[name]]));
}

function changerOf(pipeline: Pipeline, { flow }: FlowContext): string {
  const target = flow?.targetOf(pipeline);
  return target !== undefined && target.tenant === undefined ? 'temporary change' : 'tenant';
}

function sameContent(one: unknown, other: unknown): boolean {
  return contentText(one) === contentText(other);
}
