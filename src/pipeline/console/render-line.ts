import type { ReadableSpan } from '../../sdk/readable-span.js';
import { failed, KINDS, outcome, serviceOf, type TraceLook } from './render-trace.js';
import { duration } from '../../base/duration.js';
import { modelCallLine } from './model-call.js';
import { faultOf, newAttributeTexts } from './span-details.js';
import { spanForest, toMillis, type SpanNode } from './span-forest.js';
import { cut, printable } from './text-style.js';

const GAP = '  ';
const MAX_NAME_CHARACTERS = 60;
const MAX_FAULT_CHARACTERS = 120;

/**
 * Draws spans of one trace as one line, so that many requests at a time stay readable: when, who, what, how
 * it went and how long it took, the slowest span below, the first fault, the attributes of the root and the
 * id of the trace.
 *
 * @param spans - at least one, each span id once; each without a parent among them has a line of its own
 * @returns lines with a line break each
 */
export function renderLines(spans: readonly ReadableSpan[], look: TraceLook): string {
  return spanForest(spans)
    .map((node) => `${line(node, look)}\n`)
    .join('');
}

function line({ span, children }: SpanNode, { paint, caption }: TraceLook): string {
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

function descendants(children: readonly SpanNode[]): ReadableSpan[] {
  const found = [...children];
  // The list grows while it is walked.
  for (const node of found) found.push(...node.children);
  return found.map(({ span }) => span);
}

/** How many spans there are below, and which took longest. */
function slowestOf(below: readonly ReadableSpan[]): string {
  const slowest = below.reduce((one, other) =>
    toMillis(other.duration) > toMillis(one.duration) ? other : one,
  );
  const name = cut(printable(slowest.name), MAX_NAME_CHARACTERS);
  const took = duration(toMillis(slowest.duration));
  return below.length === 1 ? `› ${name} ${took}` : `› ${below.length} spans, ${name} ${took}`;
}
