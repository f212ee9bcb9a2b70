import { useEffect, useState } from 'preact/hooks';
import { Health } from './health.js';
import { useLiveFeed, usePlace } from './hooks.js';
import { Errors, Metrics, Routes } from './tables.js';
import { TraceList } from './trace-list.js';
import { TraceView } from './trace-view.js';

const TABS = ['traces', 'routes', 'errors', 'metrics', 'health'] as const;

/** The whole page: tabs, and what the place behind `#` names. */
export function App() {
  const [place, go] = usePlace();
  const { version, connected } = useLiveFeed();
  const [filter, setFilter] = useState('');
  const [help, setHelp] = useState(false);
  const tab = TABS.find((name) => name === place[0]) ?? 'traces';
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLInputElement;
      if (event.key === 'Escape') {
        if (typing && event.target.id === 'filter') setFilter('');
        setHelp(false);
        (document.activeElement as HTMLElement | null)?.blur();
        return;
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const number = Number(event.key);
      if (TABS[number - 1] !== undefined) go(TABS[number - 1] as string);
      else if (event.key === '/') document.getElementById('filter')?.focus();
      else if (event.key === 't') document.querySelector<HTMLElement>('[role=tree]')?.focus();
      else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1);
      else if (event.key === '?') setHelp((shown) => !shown);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [go]);
  return (
    <>
      <header class="top">
        <h1>nestjs-telemetry</h1>
        <nav aria-label="Sections">
          {TABS.map((name) => (
            <a key={name} href={`#${name}`} aria-current={name === tab ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <span class={`pill ${connected ? 'ok' : 'error'}`} role="status">
          {connected ? 'live' : 'not connected'}
        </span>
        <button type="button" aria-expanded={help} onClick={() => setHelp(!help)}>
          Keys
        </button>
      </header>
      {help && (
        <p class="hint help">
          1–5 sections · / filter · j k next and previous trace · t spans · arrows, Home, End, Page keys move
          · Enter, ←, → open and close · Escape leaves
        </p>
      )}
      <main
        class={tab === 'traces' ? 'traces-page' : ''}
        data-open={place[1] === undefined ? 'list' : 'trace'}
      >
        {tab === 'traces' && (
          <TraceList
            version={version}
            filter={filter}
            selected={place[1]}
            onFilter={setFilter}
            onSelect={(traceId) => go(`traces/${traceId}`)}
          />
        )}
        {tab === 'traces' && place[1] !== undefined && (
          <TraceView key={place[1]} traceId={place[1]} spanId={place[2]} version={version} go={go} />
        )}
        {tab === 'traces' && place[1] === undefined && (
          <section class="view empty" aria-label="Trace">
            <p>Choose a trace to see its spans.</p>
          </section>
        )}
        {tab === 'routes' && <Routes />}
        {tab === 'errors' && <Errors />}
        {tab === 'metrics' && <Metrics />}
        {tab === 'health' && <Health />}
      </main>
    </>
  );
}

/** Chooses the next or the previous trace of the list. */
function step(by: number): void {
  const lines = [...document.querySelectorAll<HTMLElement>('button.trace')];
  const current = lines.findIndex((line) => line.getAttribute('aria-current') === 'true');
  const next = lines[Math.max(0, Math.min(lines.length - 1, current + by))];
  next?.click();
  next?.scrollIntoView({ block: 'nearest' });
}
