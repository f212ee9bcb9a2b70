import type { Attributes } from '@opentelemetry/api';
import { activeContext } from '../../context/flow-context.js';
import type { EntryKind } from '../../entries/entry-options.js';
import { callInSpan } from '../../tracing/call-in-span.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import { quietly } from './quietly.js';

/** A handler that runs as part of its caller's flow. */
interface LocalCall {
  readonly name: string;
  readonly pattern: string;
  readonly attributes: Attributes;
  /** Whether `@NoSpan` excludes the handler. */
  readonly untraced: boolean;
}

/** Runs a handler as a child of the active span. An excluded handler and all work in it create no spans. */
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
