import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { SpanLimits } from '../sdk/span-limits.js';
import { toAttributes } from './attribute-value.js';

/**
 * Cuts texts and bytes to a limit, even inside lists and structures.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/common/#attribute-limits | OpenTelemetry, attribute
 *   limits}
 */
export function truncate(value: AttributeValue, limit: number): AttributeValue {
  if (typeof value === 'string') return value.length > limit ? value.slice(0, limit) : value;
  if (limit === Infinity || typeof value !== 'object') return value;
  return truncateNested(value, limit) as AttributeValue;
}

function truncateNested(value: unknown, limit: number): unknown {
  if (typeof value === 'string') return value.length > limit ? value.slice(0, limit) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.length > limit ? value.slice(0, limit) : value;
  if (Array.isArray(value)) return value.map((item) => truncateNested(item, limit));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, truncateNested(item, limit)]));
}

/** Limits the attributes of an event or a link, and counts the dropped ones. */
export function limitAttributes(
  input: Attributes | undefined,
  limits: Required<SpanLimits>,
  countLimit: number,
  structures: boolean,
): { attributes?: Attributes; droppedAttributesCount?: number } {
  if (input === undefined) return {};
  const attributes = toAttributes(input, structures, countLimit);
  for (const key of Object.keys(attributes)) {
    attributes[key] = truncate(attributes[key] as AttributeValue, limits.attributeValueLengthLimit);
  }
  const dropped = Math.max(0, Object.keys(input).length - countLimit);
  return dropped === 0 ? { attributes } : { attributes, droppedAttributesCount: dropped };
}
