import type { Span } from '@opentelemetry/api';
import { errorText, type RateLimitedLog } from '../base/rate-limited-log.js';
import { ask, tell } from '../base/user-function.js';
import type { RawRequest, RawResponse } from './http-options.js';
import type { CompiledHttpOptions } from './instance-view.js';

/** The arguments of each hook. */
interface HookArguments {
  readonly span: Span;
  readonly request: RawRequest;
  readonly response: RawResponse;
}

/** Calls a hook of the options. An error in it is logged. */
export function callHook(
  hook: 'requestHook' | 'responseHook',
  http: CompiledHttpOptions,
  { span, request, response }: HookArguments,
  log: RateLimitedLog | undefined,
): void {
  const call: ((span: Span, request: RawRequest, response: RawResponse) => unknown) | undefined = http[hook];
  if (call === undefined) return;
  tell(
    () => call(span, request, response),
    (error) => {
      warn(hook, error, log);
    },
  );
}

/** Whether the options allow to continue the caller's trace. */
export function trustsCaller(
  http: CompiledHttpOptions | undefined,
  request: RawRequest,
  log: RateLimitedLog | undefined,
): boolean {
  const trust = http?.trustRemoteParent ?? true;
  if (typeof trust === 'boolean') return trust;
  return ask(
    () => trust(request),
    (answer: unknown) => answer === true,
    (error) => {
      warn('trustRemoteParent', error, log);
      return false;
    },
  );
}

function warn(option: string, error: unknown, log: RateLimitedLog | undefined): void {
  log?.warn(`http.${option}`, `\`http.${option}\` threw, the request goes on: ${errorText(error)}`);
}
