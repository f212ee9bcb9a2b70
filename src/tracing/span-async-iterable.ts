import { runInContext } from '../context/flow-context.js';
import { endWhenCollected, type StreamSpan, type StreamUse } from './stream-span.js';

type Step = 'next' | 'return' | 'throw';
type StepFunction = (...args: unknown[]) => Promise<IteratorResult<unknown, unknown>>;
type StepsOf = Partial<Record<Step, StepFunction>>;

/**
 * Wraps an async iterable or generator. The span is active in each step and ends when an iteration
 * finishes, fails or is left with `return()`.
 *
 * **Gotchas** The wrapper is a proxy: all other members are those of the original and are not traced.
 */
export function spanAsyncIterable<T extends AsyncIterable<unknown>>(source: T, stream: StreamSpan): T {
  const isIterator = typeof (source as StepsOf).next === 'function';
  let only: StepsOf | undefined;
  const iteration = (): StepsOf => {
    if (!isIterator) return tracedSteps(source[Symbol.asyncIterator]() as StepsOf, stream.use());
    return (only ??= tracedSteps(source as StepsOf, stream.use()));
  };
  // A proxy must return a frozen target's own properties unchanged.
  const target = Object.isFrozen(source) ? (Object.create(source) as T) : source;
  const proxy = new Proxy(target, {
    get(_target, key) {
      if (key === Symbol.asyncIterator) return () => (isIterator ? proxy : iterable(iteration()));
      const value: unknown = Reflect.get(source, key, source);
      if (typeof value !== 'function') return value;
      if (isIterator && isStep(key))
        return (...args: unknown[]) => (iteration()[key] as StepFunction)(...args);
      // Methods and setters that use private fields need the original object.
      return value.bind(source) as unknown;
    },
    set: (_target, key, value) => Reflect.set(source, key, value, source),
  });
  return stream.watch(proxy);
}

function isStep(key: string | symbol): key is Step {
  return key === 'next' || key === 'return' || key === 'throw';
}

/** Makes an iterator iterable, as built-in iterators are. */
function iterable(steps: StepsOf): StepsOf {
  Object.defineProperty(steps, Symbol.asyncIterator, { value: () => steps });
  return steps;
}

/** Creates a traced iterator with the same methods. */
function tracedSteps(iterator: StepsOf, use: StreamUse): StepsOf {
  const steps: StepsOf = {};
  for (const name of ['next', 'return', 'throw'] as const) {
    if (typeof iterator[name] === 'function') steps[name] = (...args) => step(iterator, name, args, use);
  }
  endWhenCollected(steps, use);
  return steps;
}

function step(
  iterator: StepsOf,
  name: Step,
  args: unknown[],
  use: StreamUse,
): Promise<IteratorResult<unknown, unknown>> {
  const failed = (error: unknown): never => {
    use.fail(error);
    throw error;
  };
  return takeStep(iterator, name, args, use).then((result) => {
    if (result.done !== true) use.chunk(result.value);
    else if (name === 'next') use.end();
    else use.endEarly();
    return result;
  }, failed);
}

/** Runs one step; hand-written iterators may return anything, or throw. */
function takeStep(
  iterator: StepsOf,
  name: Step,
  args: unknown[],
  { context }: StreamUse,
): Promise<IteratorResult<unknown, unknown>> {
  try {
    const result: unknown = runInContext(context, callStep, iterator, name, args);
    return result instanceof Promise ? result : Promise.resolve(result as never);
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it was
    return Promise.reject(error);
  }
}

function callStep(iterator: StepsOf, name: Step, args: unknown[]): unknown {
  return (iterator[name] as StepFunction)(...args);
}
