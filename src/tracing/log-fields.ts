import { isSpanContextValid, propagation } from '@opentelemetry/api';
import { activeContext, type FlowContext } from '../context/flow-context.js';
import { compileNames } from '../context/name-patterns.js';

/** Selects the fields of the active trace and its baggage for log lines. */
export interface LogFieldsOptions {
  /** The name of the trace id's field, or `false` for none; default `trace_id`. */
  readonly traceId?: string | false;
  /** The name of the span id's field, or `false` for none; default `span_id`. */
  readonly spanId?: string | false;
  /**
   * Baggage entries to add: exact names (`user.id`), or names with `*` at the end (`app.*`); default none.
   */
  readonly baggage?: readonly string[];
  /** Baggage entries to leave out, in the same forms; default none. */
  readonly exclude?: readonly string[];
  /** The prefix of baggage entries' names, such as `baggage.`; default none. */
  readonly prefix?: string;
}

/**
 * Creates a function that returns the trace and baggage fields of the running code, or no fields outside of
 * every trace.
 *
 * The function fits `pino({ mixin: traceLogFields() })` and every logger that accepts fields.
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
 * Returns trace fields for winston: `createLogger({ defaultMeta: traceLogMeta() })`. Winston reads them
 * when a line is logged, so they belong to the code that logs.
 *
 * @param more - further fields for every line, such as `{ service: 'shop' }`
 */
export function traceLogMeta(options: LogFieldsOptions = {}, more: object = {}): Record<string, unknown> {
  const fieldsOf = traceLogFields(options);
  return new Proxy<Record<string, unknown>>(
    {},
    {
      // Copying an object reads its keys first.
      ownKeys(target) {
        for (const name of Object.keys(target)) Reflect.deleteProperty(target, name);
        return Reflect.ownKeys(Object.assign(target, more, fieldsOf()));
      },
    },
  );
}

/**
 * Returns a winston format that adds trace fields: `format.combine(traceLogFormat(), format.json())`.
 * Existing fields of a line are kept.
 *
 * **Gotchas** While a transport is slow, winston formats lines later, in another flow: they would show
 * another request's trace and user. Prefer {@link traceLogMeta}.
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
