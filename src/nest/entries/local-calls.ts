import type { Attributes } from '@opentelemetry/api';
import { activeContext } from '../../context/flow-context.js';
import type { EntryKind } from '../../entries/entry-options.js';
import { callInSpan } from '../../tracing/call-in-span.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import { quietly } from './quietly.js';

/** A handler that runs as part of the flow that calls it. */
interface LocalCall {
  readonly name: string;
  readonly pattern: string;
  readonly attributes: Attributes;
  /** Whether `@NoSpan` leaves it out. */
  readonly untraced: boolean;
}

/**
 * Runs a handler as a child of the active span. One that is left out makes no spans, nor does anything that
 * it calls.
 */
export function runAsChild(
  instance: TelemetryInstance | undefined,
  kind: EntryKind,
  { name, pattern, attributes, untraced }: LocalCall,
  run: () => unknown,
): unknown {
  if (instance?.pipeline.current?.enabled !== true || !instance.entryRules.traces(kind)) return run();
  if (untraced || !instance.entryRules.covers(kind, pattern)) return quietly(run);
  return callInSpan(instance.tracer, name, { attributes }, activeContext(), true, run);
}
