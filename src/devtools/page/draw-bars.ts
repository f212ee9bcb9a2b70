import type { Row } from './rows.js';

export const ROW_HEIGHT = 24;
/** The share of the width that names take; the style sheet has the same value. */
const NAMES_SHARE = 0.45;
const KIND_COLORS = ['--internal', '--server', '--client', '--producer', '--consumer'] as const;

interface View {
  readonly top: number;
  readonly height: number;
  readonly width: number;
}

/** Draws the visible rows' bars, with events as ticks, and a grid of the trace's time. */
export function drawBars(
  canvas: HTMLCanvasElement,
  rows: readonly Row[],
  { top, height, width }: View,
): void {
  const ratio = devicePixelRatio;
  canvas.width = Math.max(1, Math.floor(width * ratio));
  canvas.height = Math.max(1, Math.floor(height * ratio));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (context === null || rows.length === 0) return;
  const style = getComputedStyle(canvas);
  const color = (name: string): string => style.getPropertyValue(name);
  context.scale(ratio, ratio);
  context.clearRect(0, 0, width, height);
  let start = Infinity;
  let end = 0;
  for (const row of rows) {
    start = Math.min(start, row.start);
    end = Math.max(end, row.end);
  }
  const left = width * NAMES_SHARE + 8;
  const room = Math.max(1, width - left - 12);
  const x = (time: number): number => left + ((time - start) / Math.max(0.001, end - start)) * room;

  context.fillStyle = color('--grid');
  for (let line = 0; line <= 4; line += 1) context.fillRect(left + (room * line) / 4, 0, 1, height);

  const first = Math.max(0, Math.floor(top / ROW_HEIGHT));
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW_HEIGHT));
  for (let index = first; index < last; index += 1) {
    const row = rows[index] as Row;
    const y = index * ROW_HEIGHT - top + 7;
    const from = x(row.start);
    const length = Math.max(2, x(row.end) - from);
    context.fillStyle = color(row.failed ? '--error' : colorOf(row));
    if (row.type === 'note') {
      context.beginPath();
      context.arc(from, y + 5, 3, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    context.globalAlpha = row.type === 'fold' ? 0.55 : 1;
    context.beginPath();
    context.roundRect(from, y, length, 10, 2);
    context.fill();
    context.globalAlpha = 1;
    if (row.type !== 'span') continue;
    context.fillStyle = color('--text');
    for (const mark of row.marks) context.fillRect(x(mark), y - 2, 1.5, 14);
  }
}

function colorOf(row: Row): string {
  const kind = row.type === 'span' ? row.span.kind : row.type === 'fold' ? (row.spans[0]?.kind ?? 0) : 0;
  return KIND_COLORS[kind] ?? '--internal';
}
