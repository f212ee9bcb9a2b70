import { REDACTED_VALUE } from '../pipeline/masking/mask-defaults.js';
import type { RecordingSpan } from './recording-span.js';
import { valueText } from './value-text.js';

/**
 * Records a value on a span as `input.value` or `output.value`, without members whose names suggest a
 * secret.
 */
export function recordValue(span: RecordingSpan, direction: 'input' | 'output', value: unknown): void {
  if (value === undefined) return;
  const { mask } = span.generation;
  const { text, mimeType } = valueText(value, (name) => mask.isSecret(name), REDACTED_VALUE);
  span.setAttribute(`${direction}.value`, text);
  span.setAttribute(`${direction}.mime_type`, mimeType);
}

/** Removes a recorded value whose name suggests a secret. */
export function hideSecret(span: RecordingSpan, direction: 'input' | 'output', name: string): void {
  const key = `${direction}.value`;
  if (Object.hasOwn(span.attributes, key) && span.generation.mask.isSecret(name)) {
    span.setAttribute(key, REDACTED_VALUE);
  }
}
