import type { Span } from '@opentelemetry/api';
import { EMPTY_CONTEXT, Flow } from '../context/flow-context.js';
import { callInSpan } from './call-in-span.js';
import type { InstanceTracer } from './instance-tracer.js';

/**
 * Runs `fn` as a root span in its own flow. The result is returned after all recorded spans are delivered.
 */
export async function runTraced<T>(
  tracer: InstanceTracer,
  name: string,
  fn: (span: Span) => T | Promise<T>,
  flush: () => Promise<void>,
): Promise<T> {
  const context = EMPTY_CONTEXT.withFlow(new Flow(undefined, undefined, undefined, undefined));
  try {
    return await callInSpan(tracer, name, { root: true }, context, false, fn);
  } finally {
    await flush().catch(() => undefined);
  }
}
