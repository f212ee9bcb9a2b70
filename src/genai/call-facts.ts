import type { SpanKind } from '@opentelemetry/api';
import type { CallContent } from './call-content.js';
import type { CallOptions, CallResponse } from './call-options.js';
import type { OpenInferenceSpanKind } from './operations.js';
import type { Cost } from './prices.js';
import type { UsageSum } from './usage.js';

/** The facts that a call begins with, for every operation. */
export interface CallDescription extends CallOptions {
  readonly tool?: {
    readonly name?: string;
    readonly type?: string;
    readonly description?: string;
    readonly callId?: string;
  };
  readonly dataSource?: string;
  readonly workflow?: string;
  readonly store?: string;
  readonly recordId?: string;
  readonly recordCount?: number;
  readonly dimensions?: number;
  readonly topK?: number;
  /** Whether another process does the work. */
  readonly remote?: boolean;
  /** Kind of the span, in place of the operation's own. */
  readonly kind?: SpanKind;
  /** `false` if another call measures it. */
  readonly measured?: boolean;
  /** Name of a span that the caller names. */
  readonly spanName?: string;
}

/** All that is known of a call: each vocabulary writes it in its own words. */
export interface CallFacts {
  readonly operation: string;
  readonly spanKind: OpenInferenceSpanKind;
  readonly options: CallDescription;
  readonly response: CallResponse;
  readonly content: CallContent;
  /** Reported for the call itself, else the sum of what was called in it. */
  readonly usage: UsageSum;
  /** Whether the usage is such a sum. */
  readonly summed: boolean;
  readonly cost:
    Cost | { readonly total: number; readonly prompt?: number; readonly completion?: number } | undefined;
  /** Whether the answer comes in pieces. */
  readonly stream: boolean;
  /** The time to the first chunk, in seconds. */
  readonly timeToFirstChunk: number | undefined;
}
