import type { StoredSpan } from './stored-span.js';
import { resourceService } from './stored-span.js';
import type { StoredTrace } from './stored-trace.js';

/** Selects traces; created by {@link parseTraceFilter}. */
export type TraceFilter = (trace: StoredTrace) => boolean;

type Condition = (trace: StoredTrace, spans: readonly StoredSpan[]) => boolean;

const UNIT_MILLIS: Readonly<Record<string, number>> = { us: 0.001, µs: 0.001, ms: 1, s: 1000, m: 60_000 };
const DURATION = /^([<>]=?)(\d+(?:\.\d+)?)(us|µs|ms|s|m)?$/;
const MAX_WORDS = 20;

/**
 * Parses a filter such as `route:/orders status:error >200ms user.id=ada checkout`.
 *
 * All words must match: `route:` and `service:` a part of the text, `status:` one of `error`, `ok`, `open`
 * or an HTTP status code, `name:` a span's name, `>200ms` and `<1s` the trace's duration, `key=value` an
 * attribute of a span or its resource (`key=*` for any value). `-word` negates a word. Any other word
 * matches a part of a span's name or the trace id. Double quotes join words.
 */
export function parseTraceFilter(text: string): TraceFilter {
  const conditions = wordsOf(text).map((word) =>
    word.startsWith('-') && word.length > 1 ? not(conditionOf(word.slice(1))) : conditionOf(word),
  );
  return (trace) => {
    if (conditions.length === 0) return true;
    const spans = [...trace.spans.values()];
    return conditions.every((condition) => condition(trace, spans));
  };
}

function wordsOf(text: string): string[] {
  const words = text.match(/(?:[^\s"]+|"[^"]*"?)+/g) ?? [];
  return words.map((word) => word.replaceAll('"', '')).slice(0, MAX_WORDS);
}

function not(condition: Condition): Condition {
  return (trace, spans) => !condition(trace, spans);
}

function conditionOf(word: string): Condition {
  const duration = DURATION.exec(word);
  if (duration !== null) return byDuration(duration);
  const equals = word.indexOf('=');
  if (equals > 0) return byAttribute(word.slice(0, equals), word.slice(equals + 1));
  const colon = word.indexOf(':');
  const rest = word.slice(colon + 1).toLowerCase();
  switch (colon > 0 ? word.slice(0, colon) : '') {
    case 'route':
      return (_trace, spans) => spans.some(({ attributes }) => contains(attributes['http.route'], rest));
    case 'service':
      return (_trace, spans) => spans.some(({ resource }) => contains(resourceService(resource), rest));
    case 'name':
      return (_trace, spans) => spans.some(({ name }) => contains(name, rest));
    case 'status':
      return byStatus(rest);
    default:
      return byText(word.toLowerCase());
  }
}

function byDuration([, comparison, number, unit = 'ms']: RegExpExecArray): Condition {
  const limit = Number(number) * (UNIT_MILLIS[unit] ?? 1);
  const above = comparison?.startsWith('>') === true;
  return (trace) => (above ? trace.durationMillis >= limit : trace.durationMillis <= limit);
}

function byStatus(status: string): Condition {
  if (/^\d{3}$/.test(status)) {
    const code = Number(status);
    return (_trace, spans) =>
      spans.some(({ attributes }) => attributes['http.response.status_code'] === code);
  }
  return (trace) => trace.summary().status === status;
}

function byAttribute(key: string, value: string): Condition {
  return (_trace, spans) =>
    spans.some(({ attributes, resource }) => {
      const found = attributes[key] ?? resource[key];
      if (found === undefined) return false;
      return value === '*' || plain(found) === value;
    });
}

function byText(word: string): Condition {
  return (trace, spans) => trace.traceId.startsWith(word) || spans.some(({ name }) => contains(name, word));
}

function contains(value: unknown, part: string): boolean {
  return typeof value === 'string' && value.toLowerCase().includes(part);
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
