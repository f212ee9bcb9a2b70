import type { SpanKind } from '@opentelemetry/api';
import type { CallContent } from './call-content.js';
import type { CallOptions, CallResponse } from './call-options.js';
import type { OpenInferenceSpanKind } from './operations.js';
import type { Cost } from './prices.js';
import type { UsageSum } from './usage.js';

/** The description of a call before it begins. */
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
  /** Whether another process does the work; default false. */
  readonly remote?: boolean;
  /** The span's kind; default: the operation's own. */
  readonly kind?: SpanKind;
  /** Whether the call is measured; `false` if another call measures it. */
  readonly measured?: boolean;
  /** The span's name, if the caller chooses it. */
  readonly spanName?: string;
}

/** All facts about a call; each vocabulary writes them under its own attribute names. */
export interface CallFacts {
  readonly operation: string;
  readonly spanKind: OpenInferenceSpanKind;
  readonly options: CallDescription;
  readonly response: CallResponse;
  readonly content: CallContent;
  /** The usage that was reported for the call, else the sum of the calls in it. */
  readonly usage: UsageSum;
  /** Whether the usage is such a sum. */
  readonly summed: boolean;
  readonly cost:
    Cost | { readonly total: number; readonly prompt?: number; readonly completion?: number } | undefined;
  /** Whether the answer is a stream. */
  readonly stream: boolean;
  /** The time to the first chunk, in seconds. */
  readonly timeToFirstChunk: number | undefined;
}
