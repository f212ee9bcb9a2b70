/** US dollars per million tokens of one model. */
export interface ModelPrice {
  /** Tokens of the input. */
  readonly inputPerMillion: number;
  /** Default: output costs nothing, as for embeddings. */
  readonly outputPerMillion?: number;
  /** Tokens read from the provider's cache; default `inputPerMillion`. */
  readonly cachedInputPerMillion?: number;
  /** Tokens written to the provider's cache; default `inputPerMillion`. */
  readonly cacheWritePerMillion?: number;
}

/**
 * Kinds of content, each with a switch of its own. `inputs` and `outputs` stand for every kind of their
 * direction that says nothing itself.
 */
export interface GenAiContent {
  /** Inputs: arguments of tools, queries, and every input below. */
  readonly inputs?: boolean;
  /** Outputs: results of tools, documents, and every output below. */
  readonly outputs?: boolean;
  /** Messages and instructions that a model is given. */
  readonly inputMessages?: boolean;
  /** Messages that a model answers with. */
  readonly outputMessages?: boolean;
  /** Texts inside input messages. */
  readonly inputText?: boolean;
  /** Texts inside output messages. */
  readonly outputText?: boolean;
  /** Images inside input messages. */
  readonly inputImages?: boolean;
  /** Texts that vectors are made of. */
  readonly embeddingsText?: boolean;
  /** Vectors that were made. */
  readonly embeddingsVectors?: boolean;
  /** Parameters of a request beyond its model. */
  readonly invocationParameters?: boolean;
  /** Definitions of the tools that a model may call. */
  readonly tools?: boolean;
  /** Prompts of text completions. */
  readonly prompts?: boolean;
  /** Answers of text completions. */
  readonly choices?: boolean;
}

/**
 * Spans and metrics of model calls. All of it can change while the app runs.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/gen-ai/ | Semantic conventions, generative AI}
 */
export interface GenAiConfig {
  /** Default `gen_ai`; the presets `arize` and `phoenix` choose `both`. */
  readonly conventions?: 'gen_ai' | 'openinference' | 'both';
  /**
   * `latest` uses names that the `gen_ai` conventions have adopted and backends may not know yet; default:
   * `latest` if `OTEL_SEMCONV_STABILITY_OPT_IN` lists `gen_ai_latest_experimental`, else `current`.
   */
  readonly version?: 'current' | 'latest';
  /**
   * Prices by model, such as `gpt-4o`, by provider and model, such as `openai/gpt-4o`, or by pattern, such as
   * `gpt-4o-*`. The longest name that fits wins. A model without a price has no cost.
   */
  readonly prices?: Readonly<Record<string, ModelPrice>>;
  /** Which content is recorded: `true` for all of it, or its kinds by name; default none. */
  readonly capture?: boolean | GenAiContent;
  /**
   * Kinds of content that are hidden though they are captured; default: what the
   * `OPENINFERENCE_HIDE_*` variables say.
   */
  readonly hide?: GenAiContent;
  /**
   * Longest base64 image that is recorded, in characters; default 32,000. Longer ones are
   * replaced by `__REDACTED__`.
   */
  readonly base64ImageMaxLength?: number;
  /**
   * Longest content of one attribute, in characters; default 65,536. Longer texts are cut and end with `…`.
   */
  readonly maxContentLength?: number;
}

/** The kinds of {@link GenAiContent}. */
export const GENAI_CONTENT_KINDS = [
  'inputs',
  'outputs',
  'inputMessages',
  'outputMessages',
  'inputText',
  'outputText',
  'inputImages',
  'embeddingsText',
  'embeddingsVectors',
  'invocationParameters',
  'tools',
  'prompts',
  'choices',
] as const satisfies readonly (keyof GenAiContent)[];

/** {@link GenAiConfig} with every default. */
export type ResolvedGenAiConfig = Required<GenAiConfig>;

/** Completes a configuration. */
export function resolveGenAi(config: GenAiConfig = {}): ResolvedGenAiConfig {
  return {
    conventions: config.conventions ?? 'gen_ai',
    version: config.version ?? 'current',
    prices: config.prices ?? {},
    capture: config.capture ?? false,
    hide: config.hide ?? {},
    base64ImageMaxLength: config.base64ImageMaxLength ?? 32_000,
    maxContentLength: config.maxContentLength ?? 65_536,
  };
}
