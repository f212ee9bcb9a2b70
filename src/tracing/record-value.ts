import { REDACTED_VALUE } from '../pipeline/masking/mask-defaults.js';
import type { RecordingSpan } from './recording-span.js';
import { valueText } from './value-text.js';

/** Puts a value on a span, as `input.value` or `output.value`, without what its names say is secret. */
export function recordValue(span: RecordingSpan, direction: 'input' | 'output', value: unknown): void {
  if (value === undefined) return;
  const { mask } = span.generation;
  const { text, mimeType } = valueText(value, (name) => mask.isSecret(name), REDACTED_VALUE);
  span.setAttribute(`${direction}.value`, text);
  span.setAttribute(`${direction}.mime_type`, mimeType);
}

/** Takes back what was recorded of a value whose name says that it is secret. */
export function hideSecret(span: RecordingSpan, direction: 'input' | 'output', name: string): void {
  const key = `${direction}.value`;
  if (Object.hasOwn(span.attributes, key) && span.generation.mask.isSecret(name)) {
    span.setAttribute(key, REDACTED_VALUE);
  }
}
