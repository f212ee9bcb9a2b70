import type { Resource } from '../../sdk/resource.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';
import type { Part, SegmentFactory } from './segment.js';
import type { DropReason } from '../span-sink.js';

/** Told of every export. @param failure - code of what went wrong */
export type ExportListener = (exporter: string, seconds: number, failure: string | undefined) => void;

/** The exporter behind a queue: the form in which spans wait, and the way they are sent. */
export interface Delivery {
  /** The exporter's type, or the class name of an exporter given in code. */
  readonly name: string;
  /** Where it sends, without credentials. */
  readonly target?: string;
  /** Exports at the same time that it can take. */
  readonly maxConcurrency: number;
  /** Why spans are dropped that it takes no responsibility for. */
  readonly refusal: DropReason;
  readonly newSegment: SegmentFactory;
  /** How many bytes a resource adds to a request. */
  envelopeBytes(resource: Resource): number;
  /** Never rejects; takes no longer than the limit. */
  sendParts(parts: readonly Part[], timeoutMillis: number): Promise<ExportOutcome>;
  /** Flushes the spans that a user's exporter still holds. Never rejects. */
  forceFlush(timeoutMillis: number): Promise<void>;
  /** Closes sockets, and shuts a user's exporter down. Never rejects; takes no longer than the limit. */
  close(timeoutMillis: number): Promise<void>;
}
