import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** All of an exported span but its ids and times, in words, made to be compared as a whole. */
export interface SpanShape {
  readonly name: string;
  readonly kind: keyof typeof SpanKind;
  /** Span id of the parent. */
  readonly parent: string | undefined;
  readonly status: { readonly code: keyof typeof SpanStatusCode; readonly message?: string };
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Attributes;
  }[];
  readonly scope: string;
}

/** What a span has that nobody has told anything. */
export const PLAIN_SPAN: Omit<SpanShape, 'name'> = {
  kind: 'INTERNAL',
  parent: undefined,
  status: { code: 'UNSET' },
  attributes: {},
  events: [],
  links: [],
  scope: 'nestjs-telemetry',
};

export function shapeOf(span: ReadableSpan): SpanShape {
  const { code, message } = span.status;
  return {
    name: span.name,
    kind: SpanKind[span.kind] as keyof typeof SpanKind,
    parent: span.parentSpanContext?.spanId,
    status: {
      code: SpanStatusCode[code] as keyof typeof SpanStatusCode,
      ...(message !== undefined && { message }),
    },
    attributes: { ...span.attributes },
    events: span.events.map(({ name, attributes = {} }) => ({ name, attributes: { ...attributes } })),
    links: span.links.map(({ context, attributes = {} }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      attributes: { ...attributes },
    })),
    scope: span.instrumentationScope.name,
  };
}
