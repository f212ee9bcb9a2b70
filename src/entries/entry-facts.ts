import type { Attributes, SpanContext, SpanKind } from '@opentelemetry/api';
import type { FlowContext } from '../context/flow-context.js';
import type { MessageHeaders } from './entry-carrier.js';
import type { EntryKind, MessageRelation } from './entry-options.js';

/** A measurement that is made when an entry or a call has ended. */
export interface EntryMetric {
  readonly name: string;
  readonly attributes: Attributes;
  /** The counter of messages, in addition to the duration. */
  readonly count?: string;
  /** How long the message was due before its handler began, in milliseconds. */
  readonly waitedMillis?: number | undefined;
}

/** The facts about an entry at its start. */
export interface EntryFacts {
  readonly kind: EntryKind;
  readonly name: string;
  readonly spanKind: SpanKind;
  readonly pattern: string;
  readonly handler: string;
  readonly attributes: Attributes;
  readonly args: readonly unknown[];
  /** The message or job, through which the entry is found later. */
  readonly thing?: unknown;
  readonly headers?: MessageHeaders | undefined;
  /** Headers of the other messages of a batch, each of which gets a link. */
  readonly others?: readonly (MessageHeaders | undefined)[];
  /** The relation, if the kind fixes it; default: `messaging.relation`. */
  readonly relation?: MessageRelation;
  /** The sender's context, if sender and handler are in the same process; replaces headers. */
  readonly from?: FlowContext;
  /** A span of this process to link to, instead of the one in the headers. */
  readonly linkTo?: SpanContext;
  readonly startTime?: number | undefined;
  readonly metric?: EntryMetric;
  /** Returns why a response stream was cut off; for entries with `stream.outcome`. */
  readonly cutOff?: () => 'client_disconnect' | 'server_shutdown';
  /** Whether `@NoSpan` excludes the entry. */
  readonly untraced?: boolean;
  /** Determines the outcome of the entry; default: its error decides. */
  readonly outcome?: (failure: Failure | undefined) => EntryOutcome;
}

/** Holds a thrown error, which may be any value. */
export interface Failure {
  readonly error: unknown;
}

/** The outcome of an entry, by the conventions of its kind. */
export interface EntryOutcome {
  /** Attributes of the span and the metric; an `error.type` replaces that of the error. */
  readonly attributes: Attributes;
  /** Whether the handler's side is at fault, if a status says so; otherwise the error decides. */
  readonly failed?: boolean;
}
