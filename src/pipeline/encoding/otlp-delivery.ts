import type { Resource } from '../../sdk/resource.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';
import type { Delivery } from '../queue/delivery.js';
import type { Part, Segment, SegmentOrigin } from '../queue/segment.js';
import { EncodedPart, EncodedSegment, type SpanEncoder } from './encoded-segment.js';
import { buildJsonRequest } from './json-request.js';
import { writeJsonSpan } from './json-span.js';
import { buildProtobufRequest, envelopeBytes } from './protobuf-request.js';
import { writeProtobufSpan } from './protobuf-span.js';
import type { OtlpTransport } from '../../otlp/transport.js';

/** The most requests that run at the same time, to hide the round trip to a distant receiver. */
const MAX_CONCURRENCY = 16;

/** Encodes ended spans and sends them over an OTLP transport. */
export class OtlpDelivery implements Delivery {
  readonly target: string;
  readonly maxConcurrency = MAX_CONCURRENCY;
  readonly refusal = 'rejected';
  private readonly encode: SpanEncoder;
  private readonly build: (parts: readonly EncodedPart[]) => Buffer;

  constructor(
    readonly name: string,
    private readonly transport: OtlpTransport,
  ) {
    this.target = transport.target;
    const json = transport.encoding === 'json';
    this.encode = json ? writeJsonSpan : writeProtobufSpan;
    this.build = json ? buildJsonRequest : buildProtobufRequest;
  }

  readonly newSegment = (origin: SegmentOrigin, roomy = false): Segment =>
    new EncodedSegment(origin, roomy, this.encode);

  envelopeBytes(resource: Resource): number {
    return envelopeBytes(resource);
  }

  async sendParts(parts: readonly Part[], timeoutMillis: number): Promise<ExportOutcome> {
    return this.transport.sendRequest(
      this.build(parts.filter((part) => part instanceof EncodedPart)),
      timeoutMillis,
    );
  }

  async forceFlush(): Promise<void> {
    // A transport holds nothing back.
  }

  async close(): Promise<void> {
    this.transport.close();
    return Promise.resolve();
  }
}
