import { SpanStatusCode, type Attributes, type AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import { duration } from '../../base/duration.js';
import { toJson } from '../../base/json-text.js';
import { MODEL_CALL_ATTRIBUTES, modelCallLine } from './model-call.js';
import { toMillis } from './span-forest.js';
import { cut, printable, type Paint } from './text-style.js';

const MAX_VALUE_CHARACTERS = 60;
/** Attributes that say more about a call than its name. */
const LONG = new Set(['db.query.text', 'url.full']);
const MAX_LONG_CHARACTERS = 200;
const MAX_EVENTS = 8;
const MAX_ATTRIBUTE_LINES = 3;

/**
 * Attributes that a terminal does not need: they are shown elsewhere on the line, or equal for every
 * request of a service.
 */
const HIDDEN = new Set([
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'url.scheme',
  'server.address',
  'server.port',
  'client.address',
  'client.port',
  'network.protocol.name',
  'network.protocol.version',
  'network.peer.address',
  'network.peer.port',
  'network.local.address',
  'network.local.port',
  'user_agent.original',
  'error.type',
  'nestjs.folded.count',
  'nestjs.folded.duration.sum',
  'nestjs.folded.duration.min',
  'nestjs.folded.duration.max',
  ...MODEL_CALL_ATTRIBUTES,
]);

/** Attributes that are part of a database span's name. */
const IN_NAME = ['db.operation.name', 'db.query.summary', 'db.collection.name'];

/**
 * Returns the lines below a span's own: its error, its events and links, and its new attributes.
 *
 * @param parent - the span above, whose attributes are not repeated
 * @param width - the width of a line, in characters
 */
export function spanDetails(
  span: ReadableSpan,
  parent: ReadableSpan | undefined,
  width: number,
  paint: Paint,
): string[] {
  const lines = attributeLines(newAttributes(span, parent), width).map((line) => paint('dim', line));
  const call = modelCallLine(span.attributes) ?? repeatedCallsLine(span.attributes);
  if (call !== undefined) lines.unshift(paint('cyan', cut(printable(call), width)));
  const unexplained = !span.events.some(({ name }) => name === 'exception');
  const { code, message } = span.status;
  const reason = message ?? textOf(span.attributes['error.type']);
  if (code === SpanStatusCode.ERROR && unexplained && reason !== undefined) {
    lines.push(paint('red', cut(`✗ ${printable(reason)}`, width)));
  }
  const start = toMillis(span.startTime);
  for (const event of span.events.slice(0, MAX_EVENTS)) {
    const attributes = event.attributes ?? {};
    if (event.name === 'exception') {
      lines.push(...exceptionLines(attributes, width, paint));
      continue;
    }
    const at = duration(Math.max(0, toMillis(event.time) - start));
    const rest = inline(attributes).join('  ');
    lines.push(
      paint('dim', cut(`• ${at}  ${printable(event.name)}${rest === '' ? '' : `  ${rest}`}`, width)),
    );
  }
  const hidden = span.events.length - MAX_EVENTS;
  if (hidden > 0) lines.push(paint('dim', `• and ${hidden} more events`));
  for (const { context } of span.links) {
    lines.push(paint('dim', cut(`↗ links to trace ${context.traceId}, span ${context.spanId}`, width)));
  }
  return lines;
}

/** Returns the attributes that `parent` does not have, as `name=value`. */
export function newAttributeTexts(span: ReadableSpan, parent: ReadableSpan | undefined): string[] {
  return inline(newAttributes(span, parent));
}

function newAttributes({ name, attributes }: ReadableSpan, parent: ReadableSpan | undefined): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([key, value]) =>
        (parent === undefined || textOf(parent.attributes[key]) !== textOf(value)) &&
        !(IN_NAME.includes(key) && name.includes(String(value))) &&
        !(key === 'db.query.text' && value === name),
    ),
  );
}

/** Returns the durations of calls that were counted in one span. */
function repeatedCallsLine(attributes: Attributes): string | undefined {
  const [sum, min, max] = ['sum', 'min', 'max'].map((part) => attributes[`nestjs.folded.duration.${part}`]);
  if (typeof sum !== 'number' || typeof min !== 'number' || typeof max !== 'number') return undefined;
  const [all, shortest, longest] = [sum, min, max].map((seconds) => duration(seconds * 1000));
  return `${textOf(attributes['nestjs.folded.count'])} calls took ${all}, from ${shortest} to ${longest}`;
}

/** Returns the error of a span in a few words; `undefined` without an error. */
export function faultOf({ events, status, attributes }: ReadableSpan): string | undefined {
  const exception = events.find(({ name }) => name === 'exception');
  if (exception !== undefined) return exceptionText(exception.attributes ?? {});
  if (status.code !== SpanStatusCode.ERROR) return undefined;
  return printable(status.message ?? textOf(attributes['error.type']) ?? 'error');
}

function exceptionText(attributes: Attributes): string {
  const type = textOf(attributes['exception.type']);
  const message = textOf(attributes['exception.message']);
  const text = [type, message].filter((part) => part !== undefined && part !== '').join(': ');
  return printable(text === '' ? 'exception' : text);
}

function exceptionLines(attributes: Attributes, width: number, paint: Paint): string[] {
  const lines = [paint('red', cut(`✗ ${exceptionText(attributes)}`, width))];
  const frame = ownFrame(textOf(attributes['exception.stacktrace']) ?? '');
  if (frame !== undefined) lines.push(paint('dim', cut(`  ${printable(frame)}`, width)));
  return lines;
}

/** Returns the first stack frame in the user's own code. */
function ownFrame(stack: string): string | undefined {
  const frame = stack
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line.startsWith('at ') && !/node_modules|node:|<anonymous>/.test(line));
  const directory = `${process.cwd()}/`;
  return frame?.replace('file://', '').replace(directory, '');
}

function attributeLines(attributes: Attributes, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  const parts = inline(attributes);
  for (const [index, part] of parts.entries()) {
    const next = line === '' ? part : `${line}  ${part}`;
    if (line !== '' && next.length > width) {
      if (lines.length === MAX_ATTRIBUTE_LINES - 1) {
        const more = `… ${parts.length - index} more`;
        lines.push(cut(`${cut(line, width - more.length - 2)}  ${more}`, width));
        return lines;
      }
      lines.push(line);
      line = part;
    } else line = next;
  }
  if (line !== '') lines.push(line);
  return lines.map((each) => cut(each, width));
}

function inline(attributes: Attributes): string[] {
  const route = attributes['http.route'];
  return Object.entries(attributes)
    .filter(
      ([key, value]) => value !== undefined && !HIDDEN.has(key) && !(key === 'url.path' && value === route),
    )
    .map(([key, value]) => {
      const longest = LONG.has(key) ? MAX_LONG_CHARACTERS : MAX_VALUE_CHARACTERS;
      return `${printable(key)}=${cut(printable(textOf(value) ?? ''), longest)}`;
    });
}

function textOf(value: AttributeValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? toJson(value) : String(value);
}
