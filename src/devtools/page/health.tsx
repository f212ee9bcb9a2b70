import { useState } from 'preact/hooks';
import { client, type ExporterState, type SourceState } from './client.js';
import { bytes, plural } from '../store/format.js';
import { useLoaded, useTick } from './hooks.js';

const REFRESH_MILLIS = 1000;
const TEN_MINUTES_MILLIS = 600_000;

/** Shows the fate of every span, with the live controls. */
export function Health() {
  const { value, error, reload } = useLoaded(client.state, [], useTick(REFRESH_MILLIS));
  if (value === undefined) return <p class="hint">{error ?? 'Asking…'}</p>;
  const { store, sources } = value;
  return (
    <section class="page" aria-label="Health">
      <h2>Health</h2>
      <p class="hint">
        Kept here: {plural(store.traces, 'trace')}, {plural(store.spans, 'span')}, {bytes(store.bytes)};{' '}
        {plural(store.evictedTraces, 'older trace')} left.
      </p>
      {sources.length === 0 && (
        <p class="empty">
          No app runs in this process. Send OTLP here:{' '}
          <code>OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317</code>
        </p>
      )}
      {sources.map((source) => (
        <Source key={source.name} source={source} reload={reload} />
      ))}
    </section>
  );
}

function Source({ source, reload }: { readonly source: SourceState; readonly reload: () => void }) {
  const { name, status, config, modules } = source;
  return (
    <article class="source-card">
      <h3>{name}</h3>
      <p class="facts">
        generation {status.generation} · {status.enabled ? 'on' : 'off'} · sampler{' '}
        {status.sampler ?? 'always'} · covers {modules.join(', ') || 'no module'}
      </p>
      {status.exporters.map((exporter, index) => (
        <Exporter key={index} state={exporter} />
      ))}
      {status.overrides.map(({ changes, until, tenant }, index) => (
        <p key={index} class="hint">
          Override of {changes.join(', ')} {tenant === undefined ? '' : `for tenant ${tenant} `}until{' '}
          {new Date(until).toLocaleTimeString()}
        </p>
      ))}
      <Controls source={source} reload={reload} />
      <details>
        <summary>Configuration</summary>
        <pre>{JSON.stringify(config, undefined, 2)}</pre>
      </details>
    </article>
  );
}

function Exporter({ state }: { readonly state: ExporterState }) {
  const dropped = Object.values(state.dropped).reduce((sum, count) => sum + count, 0);
  const reasons = Object.entries(state.dropped).map(([reason, count]) => `${reason} ${count}`);
  return (
    <div class="exporter">
      <p>
        <b>{state.exporter}</b> {state.target}{' '}
        <span class={`pill ${state.breaker}`}>breaker {state.breaker}</span>
      </p>
      <p class="identity">
        {state.ended} ended = {state.delivered} delivered + {dropped} dropped + {state.queuedSpans} queued
      </p>
      {(reasons.length > 0 || state.retries > 0) && (
        <p class="hint">
          {reasons.join(', ')}{' '}
          {state.retries > 0 && plural(state.retries, 'retry').replace('retrys', 'retries')}
        </p>
      )}
      {state.lastError !== undefined && (
        <p class="problem">
          {state.lastError.code}: {state.lastError.reason} {state.lastError.hint}
        </p>
      )}
    </div>
  );
}

/** Changes go the way that the admin endpoint's go: validated, built, swapped in. */
function Controls({ source, reload }: { readonly source: SourceState; readonly reload: () => void }) {
  const [answer, setAnswer] = useState('');
  const [ratio, setRatio] = useState('1');
  const [tenant, setTenant] = useState('');
  const [keys, setKeys] = useState('');
  const run = (body: object): void => {
    client.control({ source: source.name, ...body }).then(
      (result) => {
        setAnswer(wordsOf(result));
        reload();
      },
      (error: unknown) => setAnswer(String(error)),
    );
  };
  const sampler = Number(ratio);
  return (
    <form class="controls" onSubmit={(event) => event.preventDefault()}>
      <label>
        Sampler{' '}
        <input
          type="number"
          min="0"
          max="1"
          step="any"
          value={ratio}
          onInput={(e) => setRatio(e.currentTarget.value)}
        />
      </label>
      <button type="button" onClick={() => run({ action: 'reconfigure', change: { sampler } })}>
        Set for everybody
      </button>
      <button
        type="button"
        onClick={() => run({ action: 'override', change: { sampler }, forMillis: TEN_MINUTES_MILLIS })}
      >
        For ten minutes
      </button>
      <label>
        Tenant <input value={tenant} onInput={(event) => setTenant(event.currentTarget.value)} />
      </label>
      <button
        type="button"
        disabled={tenant === ''}
        onClick={() =>
          run({ action: 'override', change: { sampler: 1 }, forMillis: TEN_MINUTES_MILLIS, tenant })
        }
      >
        Trace this tenant
      </button>
      <label>
        Mask keys{' '}
        <input value={keys} placeholder="iban, phone" onInput={(e) => setKeys(e.currentTarget.value)} />
      </label>
      <button
        type="button"
        onClick={() => run({ action: 'reconfigure', change: { masking: { keys: listOf(keys) } } })}
      >
        Mask
      </button>
      <button type="button" onClick={() => run({ action: 'exporter', on: false })}>
        Exporter off
      </button>
      <button type="button" onClick={() => run({ action: 'exporter', on: true })}>
        Exporter on
      </button>
      <button type="button" onClick={() => run({ action: 'flush' })}>
        Flush
      </button>
      <button type="button" onClick={() => run({ action: 'verify' })}>
        Verify export
      </button>
      <output>{answer}</output>
    </form>
  );
}

function wordsOf({ status, ok, reason }: Readonly<Record<string, unknown>>): string {
  if (typeof status === 'string') return `Done: ${status}`;
  if (ok === true) return 'The receiver took a span.';
  return typeof reason === 'string' ? `Not taken: ${reason}` : 'Done';
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
