import { sourceLine } from '../store/error-list.js';
import { resourceService, type StoredLog, type StoredSpan } from '../store/stored-span.js';
import { duration } from '../../base/duration.js';
import { clock, text } from '../store/format.js';
import { useCopied } from './hooks.js';
import { modelCallLine } from '../../pipeline/console/model-call.js';
import { asCurl } from '../store/trace-text.js';

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'];

/** Everything about one span, as text. */
export function SpanDetails({
  span,
  logs,
}: {
  readonly span: StoredSpan;
  readonly logs: readonly StoredLog[];
}) {
  const [copied, copy] = useCopied();
  const curl = asCurl(span);
  const taken = span.end === undefined ? 'open' : duration(span.end - span.start);
  const model = modelCallLine(span.attributes);
  const own = logs.filter(({ spanId }) => spanId === span.spanId);
  return (
    <aside class="details" aria-label="Span" tabIndex={0}>
      <h3>{span.name}</h3>
      <p class="facts">
        {KINDS[span.kind] ?? 'internal'} · {taken} · {clock(span.start)} · {resourceService(span.resource)}
      </p>
      {model !== undefined && <p class="model">{model}</p>}
      <p class="bar">
        <button type="button" onClick={() => copy('Copied', JSON.stringify(span, undefined, 2))}>
          Copy JSON
        </button>
        {curl !== undefined && (
          <button type="button" onClick={() => copy('Copied', curl)}>
            Copy curl
          </button>
        )}
        <span role="status">{copied}</span>
      </p>
      {span.status.code === 2 && <p class="problem">{span.status.message ?? 'failed'}</p>}
      <Source stack={span.attributes['exception.stacktrace']} />
      <Attributes title="Attributes" values={span.attributes} />
      {span.events.length > 0 && <h4>Events</h4>}
      {span.events.map((event, index) => (
        <details key={index} open={event.name === 'exception'}>
          <summary>
            +{duration(Math.max(0, event.time - span.start))} {event.name}
          </summary>
          <Source stack={event.attributes['exception.stacktrace']} />
          <Attributes values={event.attributes} />
        </details>
      ))}
      {own.length > 0 && <h4>Logs</h4>}
      {own.map((log, index) => (
        <p key={index} class="log">
          +{duration(Math.max(0, log.time - span.start))} {log.severity} {log.body}
        </p>
      ))}
      {span.links.length > 0 && <h4>Links</h4>}
      {span.links.map((link) => (
        <p key={link.spanId}>
          <a href={`#traces/${link.traceId}/${link.spanId}`}>trace {link.traceId}</a>
        </p>
      ))}
      <Attributes title="Resource" values={span.resource} />
      <p class="facts">
        scope {span.scope.name} {span.scope.version} · span <code>{span.spanId}</code>
      </p>
    </aside>
  );
}

function Source({ stack }: { readonly stack: unknown }) {
  const source = typeof stack === 'string' ? sourceLine(stack) : undefined;
  return source === undefined ? null : (
    <p class="source">
      at <code>{source}</code>
    </p>
  );
}

interface AttributesProps {
  readonly title?: string;
  readonly values: Readonly<Record<string, unknown>>;
}

function Attributes({ title, values }: AttributesProps) {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return null;
  return (
    <>
      {title !== undefined && <h4>{title}</h4>}
      <dl>
        {entries.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{text(value)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
