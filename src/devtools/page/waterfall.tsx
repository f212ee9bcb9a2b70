import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { duration } from '../../base/duration.js';
import { modelCallLine } from '../../pipeline/console/model-call.js';
import { ROW_HEIGHT, drawBars } from './draw-bars.js';
import type { Row } from './rows.js';

interface WaterfallProps {
  readonly rows: readonly Row[];
  readonly selected: string | undefined;
  readonly onSelect: (row: Row) => void;
  readonly onToggle: (key: string) => void;
}

/** Lines beyond the visible ones that exist, so that scrolling meets no gap. */
const OVERSCAN = 8;

/**
 * The lines of a trace as a tree for readers and keyboards, and as bars on a canvas beside it;
 * only what is visible exists.
 */
export function Waterfall({ rows, selected, onSelect, onToggle }: WaterfallProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, width: 800 });
  const index = Math.max(
    0,
    rows.findIndex((row) => row.key === selected),
  );

  useLayoutEffect(() => {
    const element = scroller.current as HTMLDivElement;
    const measure = (): void =>
      setView({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, Math.floor(view.top / ROW_HEIGHT) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW_HEIGHT) + OVERSCAN);

  useLayoutEffect(() => {
    if (canvas.current !== null) drawBars(canvas.current, rows, view);
  }, [rows, view]);

  useEffect(() => {
    const element = scroller.current as HTMLDivElement;
    const top = index * ROW_HEIGHT;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW_HEIGHT > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + ROW_HEIGHT - element.clientHeight;
    }
  }, [index]);

  const move = (to: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row !== undefined) onSelect(row);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[index];
    const page = Math.max(1, Math.floor(view.height / ROW_HEIGHT) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: rows.length - 1,
    };
    const step = steps[event.key];
    if (step !== undefined) move(step);
    else if (row === undefined || row.type === 'note') return;
    else if (event.key === 'Enter' || event.key === ' ') onToggle(row.key);
    else if (event.key === 'ArrowLeft' && row.expanded) onToggle(row.key);
    else if (event.key === 'ArrowRight' && !row.expanded) onToggle(row.key);
    else return;
    event.preventDefault();
  };

  return (
    <div
      class="waterfall"
      ref={scroller}
      onScroll={({ currentTarget: { scrollTop } }) => setView({ ...view, top: scrollTop })}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <div
        class="tree"
        role="tree"
        tabIndex={0}
        aria-label="Spans"
        aria-activedescendant={rows[index] === undefined ? undefined : `row-${index}`}
        onKeyDown={onKeyDown}
        style={{ height: `${rows.length * ROW_HEIGHT}px` }}
      >
        {rows.slice(first, last).map((row, offset) => (
          <Line
            key={row.key}
            row={row}
            index={first + offset}
            count={rows.length}
            selected={first + offset === index}
            onSelect={onSelect}
            onToggle={onToggle}
          />
        ))}
      </div>
    </div>
  );
}

interface LineProps {
  readonly row: Row;
  readonly index: number;
  readonly count: number;
  readonly selected: boolean;
  readonly onSelect: (row: Row) => void;
  readonly onToggle: (key: string) => void;
}

function Line({ row, index, count, selected, onSelect, onToggle }: LineProps) {
  const opens = row.type === 'fold' || (row.type === 'span' && row.children > 0);
  return (
    <div
      id={`row-${index}`}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-posinset={index + 1}
      aria-setsize={count}
      aria-selected={selected}
      aria-expanded={opens ? row.expanded : undefined}
      class={`row ${row.type}${row.failed ? ' failed' : ''}`}
      style={{ top: `${index * ROW_HEIGHT}px`, paddingLeft: `${8 + Math.min(row.depth, 20) * 12}px` }}
      onClick={() => onSelect(row)}
      onDblClick={() => opens && onToggle(row.key)}
    >
      {opens && (
        <span
          class="twist"
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            onToggle(row.key);
          }}
        >
          {row.expanded ? '▾' : '▸'}
        </span>
      )}
      <span class="label">{labelOf(row)}</span> <span class="took">{tookOf(row)}</span>
    </div>
  );
}

function labelOf(row: Row): string {
  if (row.type === 'note') return `${row.failed ? '✗' : '•'} ${row.label}`;
  if (row.type === 'fold') return `${row.name} ×${row.spans.length}`;
  const line = modelCallLine(row.span.attributes);
  const name = row.service === undefined ? row.span.name : `${row.service} › ${row.span.name}`;
  return line === undefined ? name : `${name} — ${line}`;
}

function tookOf(row: Row): string {
  if (row.type === 'note') return '';
  if (row.type === 'fold') return `Σ ${duration(row.totalMillis)}`;
  if (row.span.end === undefined) return 'open';
  const total = row.end - row.start;
  return row.children > 0 && row.selfMillis < total * 0.995
    ? `${duration(total)} (self ${duration(row.selfMillis)})`
    : duration(total);
}
