import type { ReadableSpan } from '../../sdk/readable-span.js';
import { failed, KINDS, outcome, serviceOf, type TraceLook } from './render-trace.js';
import { duration } from '../../base/duration.js';
import { modelCallLine } from './model-call.js';
import { faultOf, newAttributeTexts } from './span-details.js';
import { spanForest, toMillis, type ForestNode } from './span-forest.js';
import { cut, printable } from './text-style.js';

const GAP = '  ';
const MAX_NAME_CHARACTERS = 60;
const MAX_FAULT_CHARACTERS = 120;

/**
 * Prints the spans of one trace as one line, which stays readable with many requests: time, service, name,
 * outcome, duration, the slowest span below, the first error, the root's attributes and the trace id.
 *
 * @param spans - at least one span; each span id once. Each span whose parent is missing gets its own line
 * @returns lines, each with a line break
 */
export function renderLines(spans: readonly ReadableSpan[], look: TraceLook): string {
  return spanForest(spans)
    .map((node) => `${line(node, look)}\n`)
    .join('');
}

function line({ span, children }: ForestNode, { paint, caption }: TraceLook): string {
  const below = descendants(children);
  const fault = [span, ...below].map(faultOf).find((text) => text !== undefined);
  const call = modelCallLine(span.attributes);
  const name = `${cut(printable(span.name), MAX_NAME_CHARACTERS)}${KINDS[span.kind] ?? ''}`;
  const parts = [
    paint('dim', new Date(toMillis(span.startTime)).toISOString().slice(11, 23)),
    paint('magenta', printable(serviceOf(span))),
    paint(failed(span) ? 'red' : 'bold', name) + outcome(span, paint),
    duration(toMillis(span.duration)),
    call === undefined ? undefined : paint('cyan', printable(call)),
    below.length === 0 ? undefined : paint('dim', slowestOf(below)),
    fault === undefined ? undefined : paint('red', `✗ ${cut(fault, MAX_FAULT_CHARACTERS)}`),
    ...newAttributeTexts(span, undefined).map((text) => paint('dim', text)),
    caption === undefined ? undefined : paint('dim', `(${caption})`),
    paint('dim', `trace=${span.spanContext().traceId}`),
  ];
  return parts.filter((part) => part !== undefined).join(GAP);
}

function descendants(children: readonly ForestNode[]): ReadableSpan[] {
  const found = [...children];
  // The list grows during the walk.
  for (const node of found) found.push(...node.children);
  return found.map(({ span }) => span);
}

/** Summarises the descendants: how many there are, and the slowest ones. */
function slowestOf(below: readonly ReadableSpan[]): string {
  const slowest = below.reduce((one, other) =>
    toMillis(other.duration) > toMillis(one.duration) ? other : one,
  );
  const name = cut(printable(slowest.name), MAX_NAME_CHARACTERS);
  const took = duration(toMillis(slowest.duration));
  return below.length === 1 ? `› ${name} ${took}` : `› ${below.length} spans, ${name} ${took}`;
}
