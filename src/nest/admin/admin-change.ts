import { mergeTracerConfig } from '../../config/merge-config.js';
import { arize, type ArizeOptions } from '../../config/presets/arize.js';
import { phoenix, type PhoenixOptions } from '../../config/presets/phoenix.js';
import { highThroughput, memoryConstrained } from '../../config/presets/tuning.js';
import { fail, literal, object, required, string, type Check } from '../../config/schema.js';
import { credential } from '../../config/text-checks.js';
import type { TracerConfig } from '../../config/tracer-config.js';

/**
 * The only variable that presets may read here. With others, a caller who chooses the address would receive
 * the process's credentials.
 */
const LIMIT = 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT';

/** Presets by their name in a request's body. */
const PRESETS: Readonly<Record<string, (options: unknown) => TracerConfig>> = {
  arize: (options) => arize(options as ArizeOptions, { [LIMIT]: process.env[LIMIT] }),
  phoenix: (options) => phoenix(options as PhoenixOptions, { [LIMIT]: process.env[LIMIT] }),
  highThroughput: (on) => switched('highThroughput', on, highThroughput),
  memoryConstrained: (on) => switched('memoryConstrained', on, memoryConstrained),
};

/** Arize's credentials in the short form `{ space_id, api_key, model_id }`. */
const credentials = {
  space_id: required(credential),
  api_key: required(credential),
  model_id: string,
} satisfies Record<string, Check>;

/**
 * Converts a request's body to a partial configuration: options of {@link TracerConfig}, merged into the
 * named presets, as in `{ "arize": { "spaceId": …, "apiKey": … }, "sampler": 0.1 }`. A body of `space_id`,
 * `api_key` and `model_id` stands for Arize.
 *
 * @throws TelemetryConfigError if a preset's options are invalid
 */
export function changeOf(body: Readonly<Record<string, unknown>>): TracerConfig {
  const entries = Object.entries(body);
  const own = (names: object): Record<string, unknown> =>
    Object.fromEntries(entries.filter(([name]) => Object.hasOwn(names, name)));
  const short = own(credentials);
  const rest = entries.filter(([name]) => !Object.hasOwn(credentials, name) && !Object.hasOwn(PRESETS, name));
  const presets = Object.entries(own(PRESETS)).map(([name, options]) => presetOf(name, options));
  if (Object.keys(short).length > 0) presets.unshift(arizeOf(short));
  return [...presets, Object.fromEntries(rest) as TracerConfig].reduce(mergeTracerConfig, {});
}

function presetOf(name: string, options: unknown): TracerConfig {
  // A text in place of the options may be the key.
  if (typeof options === 'string')
    fail({
      path: name,
      expected: 'an object',
      got: options,
      secret: true,
      remedy: 'Pass its options by name.',
    });
  return PRESETS[name]?.(options) ?? {};
}

function arizeOf(short: Readonly<Record<string, unknown>>): TracerConfig {
  object(credentials).assert(short, '');
  const { space_id: spaceId, api_key: apiKey, model_id: modelId = 'default' } = short;
  return presetOf('arize', { spaceId, apiKey, modelId });
}

function switched(name: string, on: unknown, preset: TracerConfig): TracerConfig {
  literal(true).assert(on, name);
  return preset;
}
