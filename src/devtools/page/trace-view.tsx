import { useMemo, useState } from 'preact/hooks';
import type { StoredSpan } from '../store/stored-span.js';
import { client } from './client.js';
import { duration } from '../../base/duration.js';
import { plural } from '../store/format.js';
import { useCopied, useLoaded } from './hooks.js';
import { rowsOf, type Row } from './rows.js';
import { SpanDetails } from './span-details.js';
import { forAgent, type TraceDetails } from '../store/trace-text.js';
import { Waterfall } from './waterfall.js';

interface TraceViewProps {
  readonly traceId: string;
  readonly spanId: string | undefined;
  readonly version: number;
  readonly go: (place: string) => void;
}

/** One trace: waterfall on the left, the chosen span on the right. */
export function TraceView({ traceId, spanId, version, go }: TraceViewProps) {
  const { value: trace, error } = useLoaded(() => client.trace(traceId), [traceId], version);
  if (trace === undefined || trace.traceId !== traceId) {
    return (
      <section class="view">
        {error === undefined ? <p class="hint">Asking…</p> : <Gone error={error} />}
      </section>
    );
  }
  return <Loaded trace={trace} spanId={spanId} go={go} />;
}

function Gone({ error }: { readonly error: string }) {
  return (
    <div class="empty">
      <p>{error}</p>
      <p>
        The newest 1,000 traces are kept, failed and slow ones longest. <a href="#traces">Back to the list</a>
      </p>
    </div>
  );
}

interface LoadedProps {
  readonly trace: TraceDetails;
  readonly spanId: string | undefined;
  readonly go: (place: string) => void;
}

function Loaded({ trace, spanId, go }: LoadedProps) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [notes, setNotes] = useState(false);
  const [copied, copy] = useCopied();
  const [sent, setSent] = useState('');
  const rows = useMemo(() => rowsOf(trace.spans, trace.logs, toggled, notes), [trace, toggled, notes]);
  const chosen = trace.spans.find((span) => span.spanId === spanId) ?? causeOf(trace.spans) ?? trace.spans[0];
  const toggle = (key: string): void =>
    setToggled((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  const select = (row: Row): void => {
    const span = row.type === 'note' ? row : row.type === 'span' ? row.span : row.spans[0];
    go(`traces/${trace.traceId}/${span?.spanId}`);
  };
  return (
    <section class="view" aria-label="Trace">
      <header>
        <h2>{trace.name}</h2>
        <p class="facts">
          <span class={`pill ${trace.status}`}>{trace.status}</span> {duration(trace.durationMillis)} ·{' '}
          {plural(trace.spanCount, 'span')} · {trace.services.join(' → ')} · <code>{trace.traceId}</code>
          {trace.droppedSpans > 0 && (
            <b> · {plural(trace.droppedSpans, 'span')} left out, the trace is too large</b>
          )}
        </p>
        <p class="bar">
          <button type="button" aria-pressed={notes} onClick={() => setNotes(!notes)}>
            Events
          </button>
          <button type="button" onClick={() => copy('Copied for an agent', forAgent(trace))}>
            Copy for an agent
          </button>
          <button type="button" onClick={() => void download(trace.traceId)}>
            Export OTLP
          </button>
          <button type="button" onClick={() => void sendToBackend(trace.traceId).then(setSent)}>
            Send to backend
          </button>
          <span role="status">{copied || sent}</span>
        </p>
      </header>
      <div class="split">
        <Waterfall rows={rows} selected={chosen?.spanId} onSelect={select} onToggle={toggle} />
        {chosen !== undefined && <SpanDetails span={chosen} logs={trace.logs} />}
      </div>
    </section>
  );
}

/** The innermost failure, which a reader of a failed trace looks for. */
function causeOf(spans: readonly StoredSpan[]): StoredSpan | undefined {
  const failed = spans.filter(({ status }) => status.code === 2);
  const parents = new Set(failed.map(({ parentSpanId }) => parentSpanId));
  return failed.find(({ spanId }) => !parents.has(spanId));
}

/** To the receiver of the first instance that has one, else to an address that is asked for. */
async function sendToBackend(traceId: string): Promise<string> {
  const { sources } = await client.state();
  const source =
    sources.find(({ status }) => status.exporters.some(({ target }) => target !== undefined)) ?? sources[0];
  const own = source?.status.exporters.some(({ target }) => target !== undefined) === true;
  const url = own ? undefined : prompt('OTLP over HTTP, to which address?', 'http://localhost:4318');
  if (url === null) return '';
  const exporter = url === undefined ? {} : { exporter: { type: 'otlp-http', url } };
  try {
    const { delivered, dropped } = await client.control({
      action: 'export',
      source: source?.name,
      traceId,
      ...exporter,
    });
    return `${String(delivered)} delivered, ${String(dropped)} dropped`;
  } catch (error) {
    return String(error);
  }
}

async function download(traceId: string): Promise<void> {
  const json = JSON.stringify(await client.otlp(traceId));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([json], { type: 'application/json' }));
  link.download = `trace-${traceId}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
