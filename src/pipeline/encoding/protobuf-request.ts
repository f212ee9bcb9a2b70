import type { InstrumentationScope } from '../../sdk/instrumentation-scope.js';
import type { Resource } from '../../sdk/resource.js';
import type { EncodedPart } from './encoded-segment.js';
import { groupParts } from './group-parts.js';
import { writeAttributes } from './protobuf-attributes.js';
import { ProtobufWriter, varintBytes } from './protobuf-writer.js';

const RESOURCE_SPANS = 0x0a;
const SCOPE_SPANS = 0x12;

/** The bytes of a `ResourceSpans` or `ScopeSpans` message before and after its spans. */
interface Envelope {
  readonly head: Buffer;
  readonly tail: Buffer;
}

const resources = new WeakMap<Resource, Envelope>();
const scopes = new WeakMap<InstrumentationScope, Envelope>();

/** Returns how many bytes a resource with one instrumentation scope adds to a request. */
export function envelopeBytes(resource: Resource): number {
  const { head, tail } = resourceEnvelope(resource);
  return head.length + tail.length + 64;
}

/**
 * Combines encoded spans into one `ExportTraceServiceRequest`, with each resource and scope once.
 *
 * @see {@link https://github.com/open-telemetry/opentelemetry-proto | opentelemetry-proto},
 *   `collector/trace/v1/trace_service.proto`
 */
export function buildProtobufRequest(parts: readonly EncodedPart[]): Buffer {
  const pieces: Uint8Array[] = [];
  for (const { resource, scopes: groups } of groupParts(parts)) {
    const outer = resourceEnvelope(resource);
    const content: Uint8Array[] = [outer.head];
    let length = outer.head.length + outer.tail.length;
    for (const { scope, parts: spans } of groups) {
      const inner = scopeEnvelope(scope);
      const innerLength = spans.reduce(
        (sum, part) => sum + part.bytes,
        inner.head.length + inner.tail.length,
      );
      const header = fieldHeader(SCOPE_SPANS, innerLength);
      content.push(header, inner.head);
      for (const part of spans) content.push(part.buffer.subarray(part.start, part.end));
      content.push(inner.tail);
      length += header.length + innerLength;
    }
    pieces.push(fieldHeader(RESOURCE_SPANS, length), ...content, outer.tail);
  }
  return Buffer.concat(pieces);
}

function resourceEnvelope(resource: Resource): Envelope {
  let envelope = resources.get(resource);
  if (envelope === undefined) {
    const head = new ProtobufWriter(256);
    const start = head.beginMessage(0x0a);
    const unreadable = writeAttributes(head, 0x0a, resource.attributes);
    head.uint32(0x10, unreadable);
    head.endMessage(start);
    envelope = { head: head.finish(), tail: schemaUrl(resource.schemaUrl) };
    // Attributes that are still being detected would be missing for good, so this result is not cached.
    if (resource.asyncAttributesPending !== true) resources.set(resource, envelope);
  }
  return envelope;
}

function scopeEnvelope(scope: InstrumentationScope): Envelope {
  let envelope = scopes.get(scope);
  if (envelope === undefined) {
    const head = new ProtobufWriter(128);
    const start = head.beginMessage(0x0a);
    if (scope.name !== '') head.string(0x0a, scope.name);
    if (scope.version) head.string(0x12, scope.version);
    const { attributes } = scope as { attributes?: object };
    if (attributes !== undefined) writeAttributes(head, 0x1a, attributes);
    head.endMessage(start);
    envelope = { head: head.finish(), tail: schemaUrl(scope.schemaUrl) };
    scopes.set(scope, envelope);
  }
  return envelope;
}

function schemaUrl(url: string | undefined): Buffer {
  if (!url) return Buffer.alloc(0);
  const writer = new ProtobufWriter(128);
  writer.string(0x1a, url);
  return writer.finish();
}

function fieldHeader(tag: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(1 + varintBytes(length));
  header[0] = tag;
  let rest = length;
  for (let at = 1; at < header.length; at++) {
    header[at] = at === header.length - 1 ? rest : (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  return header;
}
