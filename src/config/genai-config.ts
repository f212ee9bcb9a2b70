/** The price of one model, in US dollars per million tokens. */
export interface ModelPrice {
  /** The price of input tokens. */
  readonly inputPerMillion: number;
  /** The price of output tokens; default 0, as for embeddings. */
  readonly outputPerMillion?: number;
  /** The price of tokens read from the provider's cache; default `inputPerMillion`. */
  readonly cachedInputPerMillion?: number;
  /** The price of tokens written to the provider's cache; default `inputPerMillion`. */
  readonly cacheWritePerMillion?: number;
}

/**
 * Switches for each kind of content. `inputs` and `outputs` set the default of every kind of their
 * direction.
 */
export interface GenAiContent {
  /** All inputs: arguments of tools, queries, and the kinds of input below. */
  readonly inputs?: boolean;
  /** All outputs: results of tools, documents, and the kinds of output below. */
  readonly outputs?: boolean;
  /** Messages and instructions sent to a model. */
  readonly inputMessages?: boolean;
  /** Messages that a model returns. */
  readonly outputMessages?: boolean;
  /** Texts in input messages. */
  readonly inputText?: boolean;
  /** Texts in output messages. */
  readonly outputText?: boolean;
  /** Images in input messages. */
  readonly inputImages?: boolean;
  /** The texts that embeddings are computed from. */
  readonly embeddingsText?: boolean;
  /** The vectors of embeddings. */
  readonly embeddingsVectors?: boolean;
  /** The parameters of a request other than its model. */
  readonly invocationParameters?: boolean;
  /** Definitions of the tools that a model may call. */
  readonly tools?: boolean;
  /** Prompts of text completions. */
  readonly prompts?: boolean;
  /** Answers of text completions. */
  readonly choices?: boolean;
}

/**
 * Configures spans and metrics of model calls. Every option can change while the app runs.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/gen-ai/ | Semantic conventions, generative AI}
 */
export interface GenAiConfig {
  /**
   * The names of span attributes: `gen_ai` (OpenTelemetry), `openinference` or `both`; default `gen_ai`.
   * The presets `arize` and `phoenix` choose `both`.
   */
  readonly conventions?: 'gen_ai' | 'openinference' | 'both';
  /**
   * The version of the `gen_ai` conventions. `latest` uses names that backends may not support yet;
   * default: `latest` if `OTEL_SEMCONV_STABILITY_OPT_IN` lists `gen_ai_latest_experimental`, else
   * `current`.
   */
  readonly version?: 'current' | 'latest';
  /**
   * Prices by model (`gpt-4o`), by provider and model (`openai/gpt-4o`), or by pattern (`gpt-4o-*`). The
   * longest matching name wins. Without a price, no cost is recorded.
   */
  readonly prices?: Readonly<Record<string, ModelPrice>>;
  /** The content to record: `true` for everything, or kinds by name; default none. */
  readonly capture?: boolean | GenAiContent;
  /** Kinds of content to hide even if they are captured; default: the `OPENINFERENCE_HIDE_*` variables. */
  readonly hide?: GenAiContent;
  /**
   * The longest base64 image to record, in characters; default 32,000. Longer images are replaced by
   * `__REDACTED__`.
   */
  readonly base64ImageMaxLength?: number;
  /**
   * The longest content of one attribute, in characters; default 65,536. Longer texts are cut and end with
   * `…`.
   */
  readonly maxContentLength?: number;
}

/** The names of all kinds of content in {@link GenAiContent}. */
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

/** {@link GenAiConfig} with every default filled in. */
export type ResolvedGenAiConfig = Required<GenAiConfig>;

/** Fills in the defaults of a {@link GenAiConfig}. */
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
