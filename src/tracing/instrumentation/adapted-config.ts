import type { Span } from '@opentelemetry/api';
import { activeContext } from '../../context/flow-context.js';
import { HTTP_INSTRUMENTATION, UNDICI_INSTRUMENTATION } from './instrumentation.js';
import type { Propagation } from '../../context/propagation.js';
import type { ChooseInstance } from './routed-tracer.js';
import { writeNodeHeaders, writeUndiciHeaders } from './outgoing-headers.js';

/**
 * Options that make an instrumentation require a parent. They must be replaced, because instrumentations
 * look for it in the global context, which is empty.
 */
const PARENT_OPTIONS = [
  'requireParentSpan',
  'requireParentforOutgoingSpans',
  'requireParentforSpans',
] as const;

type Hook = (...args: unknown[]) => unknown;
type Config = Readonly<Record<string, unknown>>;

/** Whether a configuration asks for no spans outside of traces. */
export function asksForParent(config: object): boolean {
  return PARENT_OPTIONS.some((option) => (config as Config)[option] === true);
}

/**
 * Returns a configuration with which an instrumentation works without globals; the user's hooks are kept.
 */
export function adaptConfig(name: string, config: object, choose: ChooseInstance): object {
  const given = config as Config;
  const adapted: Record<string, unknown> = { ...given, enabled: true };
  for (const option of PARENT_OPTIONS) {
    if (option in given) adapted[option] = false;
  }
  if (name === HTTP_INSTRUMENTATION) {
    // The module creates the server spans.
    adapted['disableIncomingRequestInstrumentation'] = true;
    adapted['ignoreOutgoingRequestHook'] = ignoringExports(given['ignoreOutgoingRequestHook']);
    adapted['requestHook'] = injecting(given['requestHook'], choose, writeNodeHeaders);
  }
  if (name === UNDICI_INSTRUMENTATION) {
    adapted['ignoreRequestHook'] = ignoringExports(given['ignoreRequestHook']);
    adapted['requestHook'] = injecting(given['requestHook'], choose, writeUndiciHeaders);
  }
  return adapted;
}

function ignoringExports(hook: unknown): Hook {
  return (...args) =>
    activeContext().suppressed || (typeof hook === 'function' && (hook as Hook)(...args) === true);
}

function injecting(
  hook: unknown,
  choose: ChooseInstance,
  write: (span: Span, request: never, propagation: Propagation) => void,
): Hook {
  return (span, request) => {
    const instance = choose(activeContext());
    try {
      if (instance !== undefined) write(span as Span, request as never, instance.pipeline.propagation);
    } catch {
      instance?.pipeline.log.warn(
        'instrumentation.headers',
        'Trace context could not be written into an outgoing request, which goes on without.',
      );
    }
    if (typeof hook === 'function') (hook as Hook)(span, request);
  };
}
