import type { EncodedPart } from './encoded-segment.js';
import { groupParts } from './group-parts.js';
import { toJsonAttributes } from './json-attributes.js';

const COMMA = Buffer.from(',');

/** Combines spans that were encoded as JSON into one `ExportTraceServiceRequest`. */
export function buildJsonRequest(parts: readonly EncodedPart[]): Buffer {
  const pieces: Uint8Array[] = [Buffer.from('{"resourceSpans":[')];
  let firstResource = true;
  for (const { resource, scopes } of groupParts(parts)) {
    if (!firstResource) pieces.push(COMMA);
    firstResource = false;
    const head = { attributes: toJsonAttributes(resource.attributes).list, droppedAttributesCount: 0 };
    pieces.push(Buffer.from(`{"resource":${JSON.stringify(head)},"scopeSpans":[`));
    let firstScope = true;
    for (const { scope, parts: spans } of scopes) {
      if (!firstScope) pieces.push(COMMA);
      firstScope = false;
      const { attributes } = scope as { attributes?: object };
      const described = {
        name: scope.name,
        version: scope.version,
        ...(attributes !== undefined && { attributes: toJsonAttributes(attributes).list }),
      };
      pieces.push(Buffer.from(`{"scope":${JSON.stringify(described)},"spans":[`));
      pushBodies(pieces, spans);
      pieces.push(Buffer.from(`]${schemaUrl(scope.schemaUrl)}}`));
    }
    pieces.push(Buffer.from(`]${schemaUrl(resource.schemaUrl)}}`));
  }
  pieces.push(Buffer.from(']}'));
  return Buffer.concat(pieces);
}

function pushBodies(pieces: Uint8Array[], parts: readonly EncodedPart[]): void {
  let first = true;
  for (const part of parts) {
    for (const [start, end] of part.bodies()) {
      if (!first) pieces.push(COMMA);
      first = false;
      pieces.push(part.buffer.subarray(start, end));
    }
  }
}

function schemaUrl(url: string | undefined): string {
  return url ? `,"schemaUrl":${JSON.stringify(url)}` : '';
}
