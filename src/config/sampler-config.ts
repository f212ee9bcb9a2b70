import type { AttributeValue, SpanKind } from '@opentelemetry/api';

/**
 * Decides about the traces that begin with a matching span. Everything that a rule names must match; a rule
 * that names nothing matches every trace.
 */
export interface SamplingRule {
  /**
   * `http.route` of a server span, such as `/orders/:id` or `/health*`: a text, in which `*` stands for any
   * number of characters, or a regular expression.
   */
  readonly route?: string | RegExp;
  /** Name of the span that begins the trace; a pattern like `route`. */
  readonly name?: string | RegExp;
  /** Kind of the span that begins the trace, in lower case: `server`, `consumer`. */
  readonly kind?: Lowercase<keyof typeof SpanKind>;
  /** Attributes that the span starts with: an equal value, or a pattern for a text. */
  readonly attributes?: Readonly<Record<string, AttributeValue | RegExp>>;
  /** Share of the matching traces kept, 0 to 1. */
  readonly ratio: number;
}

/**
 * A sampler that this library builds. Decisions fall where a trace begins and follow from the trace id alone,
 * so that every part of a trace, in this process and in others, is kept or dropped together.
 */
export interface SamplerConfig {
  /** The sampler for traces that no rule matches; default `ratio` where one is given, else `always-on`. */
  readonly type?: 'always-on' | 'always-off' | 'ratio';
  /** Share of traces kept, 0 to 1; for `ratio`. */
  readonly ratio?: number;
  /** Whether a span whose parent is in another process follows the parent's decision; default true. */
  readonly parentBased?: boolean;
  /** Asked in order; the first that matches decides. */
  readonly rules?: readonly SamplingRule[];
  /**
   * Names of spans that are never made. A trace that would begin with one is dropped; inside a trace the span
   * alone is left out, and what it calls belongs to its parent.
   */
  readonly exclude?: readonly (string | RegExp)[];
  /** If given, the only spans that are made below the one that begins a trace. */
  readonly include?: readonly (string | RegExp)[];
  /**
   * Most spans per second over time. New traces are dropped while it is exceeded; traces that
   * have begun are completed.
   */
  readonly maxSpansPerSecond?: number;
}
