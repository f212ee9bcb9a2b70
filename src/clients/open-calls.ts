import type { ClientLibrary } from '../config/clients-config.js';
import type { Pipeline } from '../pipeline/pipeline.js';

/** A call that has begun and not ended. */
interface OpenCall {
  readonly instance: { readonly pipeline: Pipeline };
  readonly library: ClientLibrary;
  /** Ends the call without an outcome. */
  endUnfinished(): void;
}

/** The most calls that are remembered; of more, the oldest are forgotten, as some may never end. */
const MAX_OPEN = 10_000;

const open = new Set<OpenCall>();

/** Remembers a call until it ends. */
export function callBegins(call: OpenCall): void {
  open.add(call);
  if (open.size <= MAX_OPEN) return;
  const [oldest] = open;
  if (oldest !== undefined) open.delete(oldest);
}

/** Forgets a call. */
export function callEnds(call: OpenCall): void {
  open.delete(call);
}

/** Ends the calls whose outcome will not be recorded, since their library or instance was switched off. */
export function endUnfinishedCalls(isOff: (call: OpenCall) => boolean): void {
  for (const call of open) if (isOff(call)) call.endUnfinished();
}
