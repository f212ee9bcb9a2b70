import type { Attributes } from '@opentelemetry/api';
import { activeContext } from '../../context/flow-context.js';
import type { EntryKind } from '../../entries/entry-options.js';
import { callInSpan } from '../../tracing/call-in-span.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';

/** Runs a handler as part of the flow that calls it: a child of the active span. */
export function runAsChild(
  instance: TelemetryInstance | undefined,
  kind: EntryKind,
  span: { readonly name: string; readonly pattern: string; readonly attributes: Attributes },
  run: () => unknown,
): unknown {
  if (instance?.pipeline.current?.enabled !== true || !instance.entryRules.covers(kind, span.pattern))
    return run();
  const { name, attributes } = span;
  return callInSpan(instance.tracer, name, { attributes }, activeContext(), true, run);
}
