import { isSpanContextValid, propagation } from '@opentelemetry/api';
import { activeContext, type FlowContext } from '../context/flow-context.js';
import { compileNames } from '../context/name-patterns.js';

/** Which fields of the active trace and its baggage a log line gets. */
export interface LogFieldsOptions {
  /** Name of the trace id's field, or `false`; default `trace_id`. */
  readonly traceId?: string | false;
  /** Name of the span id's field, or `false`; default `span_id`. */
  readonly spanId?: string | false;
  /** Baggage entries to add, exact (`user.id`), or with `*` at the end (`app.*`); default none. */
  readonly baggage?: readonly string[];
  /** Entries to leave out again, in the same forms. */
  readonly exclude?: readonly string[];
  /** Prefix for the names of baggage entries, such as `baggage.`; default none. */
  readonly prefix?: string;
}

/**
 * Makes a function that tells the trace and baggage of the running code; outside of
 * every trace it tells nothing.
 *
 * It fits `pino({ mixin: traceLogFields() })`, and any logger that takes fields.
 *
 * @returns a function that returns a new object of fields at each call
 */
export function traceLogFields(options: LogFieldsOptions = {}): () => Record<string, string> {
  const { traceId = 'trace_id', spanId = 'span_id', prefix = '' } = options;
  const included = compileNames(options.baggage ?? []);
  const excluded = compileNames(options.exclude ?? []);
  return () => {
    const fields: Record<string, string> = {};
    const context = activeContext();
    const spanContext = context.span?.spanContext();
    if (spanContext !== undefined && isSpanContextValid(spanContext)) {
      if (traceId !== false) fields[traceId] = spanContext.traceId;
      if (spanId !== false) fields[spanId] = spanContext.spanId;
    }
    if (included !== undefined) {
      for (const [key, value] of entriesOf(context)) {
        const name = prefix + key;
        // A caller who may name entries must not replace the ids.
        if (included(key) && excluded?.(key) !== true && name !== '__proto__') fields[name] ??= value;
      }
    }
    return fields;
  };
}

function entriesOf(context: FlowContext): [string, string][] {
  const entries = propagation.getBaggage(context)?.getAllEntries() ?? [];
  return entries.map(([key, { value }]) => [key, value]);
}

/**
 * Trace fields for winston: `createLogger({ defaultMeta: traceLogMeta() })`. Winston copies them into each
 * line when it is logged, so that the fields are those of the code that logs.
 *
 * @param more - what else stands on every line, such as `{ service: 'shop' }`
 */
export function traceLogMeta(options: LogFieldsOptions = {}, more: object = {}): Record<string, unknown> {
  const fieldsOf = traceLogFields(options);
  return new Proxy<Record<string, unknown>>(
    {},
    {
      // Copying an object asks for its keys first.
      ownKeys(target) {
        for (const name of Object.keys(target)) Reflect.deleteProperty(target, name);
        return Reflect.ownKeys(Object.assign(target, more, fieldsOf()));
      },
    },
  );
}

/**
 * A format of winston: `format.combine(traceLogFormat(), format.json())`. A field
 * that a line has already stays.
 *
 * **Gotchas** While a transport is slow, winston formats lines later and in another flow, so that they name
 * the trace and user of another request: prefer {@link traceLogMeta}.
 */
export function traceLogFormat(options: LogFieldsOptions = {}): {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- winston need not be installed
  transform(info: any, options?: unknown): any;
} {
  const fieldsOf = traceLogFields(options);
  return {
    transform(info: Record<string, unknown>) {
      const fields = fieldsOf();
      for (const name of Object.keys(fields)) info[name] ??= fields[name];
      return info;
    },
  };
}
