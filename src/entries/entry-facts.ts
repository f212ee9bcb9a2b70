import type { Attributes, SpanContext, SpanKind } from '@opentelemetry/api';
import type { FlowContext } from '../context/flow-context.js';
import type { MessageHeaders } from './entry-carrier.js';
import type { EntryKind, MessageRelation } from './entry-options.js';

/** A measurement that is made when an entry or a call is over. */
export interface EntryMetric {
  readonly name: string;
  readonly attributes: Attributes;
  /** Counter of messages, beside the duration. */
  readonly count?: string;
  /** How long the message was due before its handler began. */
  readonly waitedMillis?: number | undefined;
}

/** All that is known about an entry when it begins. */
export interface EntryFacts {
  readonly kind: EntryKind;
  readonly name: string;
  readonly spanKind: SpanKind;
  readonly pattern: string;
  readonly handler: string;
  readonly attributes: Attributes;
  readonly args: readonly unknown[];
  /** The message or job itself: the entry is found by it wherever the framework hands it on. */
  readonly thing?: unknown;
  readonly headers?: MessageHeaders | undefined;
  /** Headers of the other messages of a batch, each of which is linked to. */
  readonly others?: readonly (MessageHeaders | undefined)[];
  /** Fixed by the kind; default: what `messaging.relation` says of the pattern. */
  readonly relation?: MessageRelation;
  /** The context that it comes from, where sender and handler are in one process; in place of headers. */
  readonly from?: FlowContext;
  /** A span of this process that it is linked to, in place of what the headers say. */
  readonly linkTo?: SpanContext;
  readonly startTime?: number | undefined;
  readonly metric?: EntryMetric;
  /** Why a stream of answers ended that its client did not let end; where it has a `stream.outcome`. */
  readonly cutOff?: () => 'client_disconnect' | 'server_shutdown';
  /** Whether `@NoSpan` leaves it out. */
  readonly untraced?: boolean;
  /** Judges how it ended; default: the error decides. */
  readonly outcome?: (failure: Failure | undefined) => EntryOutcome;
}

/** Holds an error, which may be any value. */
export interface Failure {
  readonly error: unknown;
}

/** The end of an entry, by the conventions of its kind. */
export interface EntryOutcome {
  /** For the span and the metric; an `error.type` takes the place of the error's own. */
  readonly attributes: Attributes;
  /** Whether the handler's side is at fault, where a status says so; else the error decides. */
  readonly failed?: boolean;
}
