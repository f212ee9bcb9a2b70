import type { AttributeValue, SpanKind } from '@opentelemetry/api';

/**
 * One sampling rule. It applies to traces whose first span matches everything that the rule names; a rule
 * that names nothing matches every trace.
 */
export interface SamplingRule {
  /**
   * The `http.route` of a server span, such as `/orders/:id` or `/health*`: a text with `*` for any
   * characters, or a regular expression.
   */
  readonly route?: string | RegExp;
  /** The name of the trace's first span; a text with `*`, or a regular expression. */
  readonly name?: string | RegExp;
  /** The kind of the trace's first span, in lower case: `server`, `consumer`. */
  readonly kind?: Lowercase<keyof typeof SpanKind>;
  /** Attributes that the first span starts with, each as an equal value or as a pattern for a text. */
  readonly attributes?: Readonly<Record<string, AttributeValue | RegExp>>;
  /** The share of matching traces to keep, 0 to 1. */
  readonly ratio: number;
}

/**
 * Configures the sampler that this library builds. The decision is made where a trace begins and follows
 * from the trace id, so that all parts of a trace, in this process and in others, are kept or dropped
 * together.
 */
export interface SamplerConfig {
  /** The sampler for traces that no rule matches; default `ratio` if `ratio` is given, else `always-on`. */
  readonly type?: 'always-on' | 'always-off' | 'ratio';
  /** The share of traces to keep, 0 to 1; for `type: 'ratio'`. */
  readonly ratio?: number;
  /** Whether a span whose parent is in another process follows the parent's decision; default true. */
  readonly parentBased?: boolean;
  /** Sampling rules; the first match decides. Default: none. */
  readonly rules?: readonly SamplingRule[];
  /**
   * Names of spans that are never recorded. A trace that would begin with such a span is dropped. Inside a
   * trace only this span is left out; its children belong to its parent. Default: none.
   */
  readonly exclude?: readonly (string | RegExp)[];
  /** Names of the only spans that are recorded below the first span of a trace. Default: all. */
  readonly include?: readonly (string | RegExp)[];
  /**
   * The most spans per second, on average. Above the limit new traces are dropped; traces that have begun
   * are completed. Default: no limit.
   */
  readonly maxSpansPerSecond?: number;
}
