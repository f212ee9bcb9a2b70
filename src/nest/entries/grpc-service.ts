import type { AnyFunction } from '../../base/any-function.js';
import type { ServerCall } from './grpc-call.js';

const UNIMPLEMENTED = 12;

/** A gRPC service: its methods, by their own names and by those of their functions. */
export interface GrpcService {
  readonly prototype: Readonly<Record<string, { readonly path?: string }>>;
}

/**
 * Adds the missing methods of a service to those that an app implements. They respond with `UNIMPLEMENTED`,
 * as grpc-js does by itself.
 *
 * @param seen - receives each such call, with the function that responds to it
 */
export function withUnimplemented(
  { prototype }: GrpcService,
  methods: Readonly<Record<string, unknown>>,
  seen: (call: ServerCall, answer: () => unknown) => unknown,
): Record<string, unknown> {
  const known = new Set(Object.keys(methods).map((name) => prototype[name]?.path));
  const missing = Object.entries(prototype).filter(([, { path }]) => !known.has(path));
  const answers = missing.map(([name, { path = '' }]): readonly [string, AnyFunction] => [
    name,
    (call, callback) =>
      seen(call as ServerCall, () => answerUnimplemented(call as ServerCall, callback, path)),
  ]);
  return { ...methods, ...Object.fromEntries(answers) };
}

function answerUnimplemented(call: ServerCall, callback: unknown, path: string): unknown {
  const details = `The server does not implement the method ${path.slice(path.lastIndexOf('/') + 1)}`;
  const status = { code: UNIMPLEMENTED, details };
  const streams = 'writable' in call;
  return streams ? call.emit('error', status) : (callback as AnyFunction)(status, null);
}
