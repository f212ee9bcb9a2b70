import type { Resource } from '../../sdk/resource.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';
import type { Part, SegmentFactory } from './segment.js';
import type { DropReason } from '../span-sink.js';

/** Called after every export. @param failure - the code of the failure, if it failed */
export type ExportListener = (exporter: string, seconds: number, failure: string | undefined) => void;

/** The exporter behind a queue: it defines how spans are stored and sent. */
export interface Delivery {
  /** The exporter's type, or the class name of an exporter given in code. */
  readonly name: string;
  /** The receiver's address, without credentials; absent for local exporters. */
  readonly target?: string;
  /** The most exports that may run at the same time. */
  readonly maxConcurrency: number;
  /** The drop reason of spans that the exporter refuses. */
  readonly refusal: DropReason;
  readonly newSegment: SegmentFactory;
  /** Returns the number of bytes that a resource adds to a request. */
  envelopeBytes(resource: Resource): number;
  /** Sends spans within the time limit. Never rejects. */
  sendParts(parts: readonly Part[], timeoutMillis: number): Promise<ExportOutcome>;
  /** Flushes the spans that a user's exporter still holds. Never rejects. */
  forceFlush(timeoutMillis: number): Promise<void>;
  /** Closes sockets, and shuts a user's exporter down, within the time limit. Never rejects. */
  close(timeoutMillis: number): Promise<void>;
}
