import { useRef } from 'preact/hooks';
import type { TraceSummary } from '../store/stored-trace.js';
import { client } from './client.js';
import { duration } from '../../base/duration.js';
import { clock, plural } from '../store/format.js';
import { useLoaded } from './hooks.js';

interface TraceListProps {
  readonly version: number;
  readonly filter: string;
  readonly selected: string | undefined;
  readonly onFilter: (filter: string) => void;
  readonly onSelect: (traceId: string) => void;
}

const LIMIT = 200;

/** The newest traces, with the filter above them. */
export function TraceList({ version, filter, selected, onFilter, onSelect }: TraceListProps) {
  const { value, error } = useLoaded(() => client.traces(filter, LIMIT), [filter], version);
  const file = useRef<HTMLInputElement>(null);
  const longest = Math.max(1, ...(value?.traces ?? []).map(({ durationMillis }) => durationMillis));
  const importFile = async (): Promise<void> => {
    const chosen = file.current?.files?.[0];
    if (chosen !== undefined)
      await client.importOtlp(await chosen.text()).catch((failed: unknown) => alert(failed));
  };
  return (
    <section class="list" aria-label="Traces">
      <div class="bar">
        <input
          id="filter"
          type="search"
          value={filter}
          aria-label="Filter"
          placeholder="route:/orders status:error >200ms user.id=ada   ( / )"
          onInput={(event) => onFilter(event.currentTarget.value)}
        />
        <button type="button" onClick={() => void client.clear()}>
          Clear
        </button>
        <button type="button" onClick={() => file.current?.click()}>
          Import
        </button>
        <input
          ref={file}
          type="file"
          accept=".json,application/json"
          hidden
          onChange={() => void importFile()}
        />
      </div>
      {error !== undefined && <p class="problem">{error}</p>}
      <p class="hint" role="status">
        {value === undefined ? 'Asking…' : `${plural(value.total, 'trace')}${filter === '' ? '' : ' match'}`}
      </p>
      {value?.total === 0 && <EmptyList filtered={filter !== ''} />}
      <ul class="traces">
        {value?.traces.map((trace) => (
          <li key={trace.traceId}>
            <button
              type="button"
              class={`trace ${trace.status}`}
              aria-current={trace.traceId === selected}
              onClick={() => onSelect(trace.traceId)}
            >
              <span class="name">{trace.name}</span>
              <span class="when">{clock(trace.start)}</span>
              <span class="meta">
                {trace.services.join(' → ')} · {plural(trace.spanCount, 'span')}
                {trace.errorCount > 0 && <b class="failed"> · {plural(trace.errorCount, 'error')}</b>}
                {trace.status === 'open' && <b> · open</b>}
              </span>
              <span class="took">{duration(trace.durationMillis)}</span>
              <Meter share={trace.durationMillis / longest} status={trace.status} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Meter({ share, status }: { readonly share: number; readonly status: TraceSummary['status'] }) {
  return (
    <svg class={`meter ${status}`} viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true">
      <rect width={Math.max(1, share * 100)} height="2" />
    </svg>
  );
}

function EmptyList({ filtered }: { readonly filtered: boolean }) {
  return (
    <div class="empty">
      {filtered ? (
        <p>No trace matches. Take a word away, or press Escape in the filter.</p>
      ) : (
        <p>
          Nothing has been recorded yet. Send the app a request, such as <code>curl localhost:3000/</code>; it
          appears here when it begins. If it does not, look at <a href="#health">Health</a>.
        </p>
      )}
    </div>
  );
}
