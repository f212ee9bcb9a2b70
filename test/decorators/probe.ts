import { Observable, of, toArray, lastValueFrom } from 'rxjs';
import { SetMetadata } from '@nestjs/common';
import { expect } from 'vitest';
import { Span } from '../../src/index.js';

/** How the decorator under test stands among others on the same method. */
export const ORDERS = [
  'alone',
  'below one that sets metadata',
  'above one that sets metadata',
  'below one that wraps',
  'above one that wraps',
] as const;
export type Order = (typeof ORDERS)[number];

class ProbeError extends Error {}

/** A query builder: it runs when somebody asks for its result. */
export class LazyQuery {
  executed = false;

  then(resolve: (rows: string[]) => void): void {
    this.executed = true;
    resolve(['row']);
  }
}

/** What every probe can do, whatever it is registered as. */
export interface Probe {
  value(a: number, b: number): number;
  failure(a: number): never;
  promise(a: number): Promise<number>;
  rejection(a: number): Promise<never>;
  observable(a: number): Observable<number>;
  stream(a: number): AsyncGenerator<number>;
  sequence(a: number): Generator<number>;
  query(a: number): LazyQuery;
}

/** Wraps as libraries do that know nothing of us. */
const Wrapping: MethodDecorator = (_target, _key, descriptor: PropertyDescriptor) => {
  const inner = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (this: unknown, ...args: unknown[]): unknown {
    return inner.apply(this, args);
  };
};

export const METADATA = 'probe-metadata';

/** A class with a private field, every method of which has the decorator in the given order. */
export function probeClass(order: Order, decorator: () => MethodDecorator = () => Span()): new () => Probe {
  class ProbeService implements Probe {
    readonly #base = 40;

    value(a: number, b: number): number {
      return this.#base + a + b;
    }

    failure(a: number): never {
      throw new ProbeError(`value ${this.#base + a}`);
    }

    async promise(a: number): Promise<number> {
      await Promise.resolve();
      return this.#base + a;
    }

    async rejection(a: number): Promise<never> {
      await Promise.resolve();
      throw new ProbeError(`value ${this.#base + a}`);
    }

    observable(a: number): Observable<number> {
      return of(this.#base, this.#base + a);
    }

    async *stream(a: number): AsyncGenerator<number> {
      yield this.#base;
      yield this.#base + a;
    }

    *sequence(a: number): Generator<number> {
      yield this.#base;
      yield this.#base + a;
    }

    query(a: number): LazyQuery {
      return Object.assign(new LazyQuery(), { value: this.#base + a });
    }
  }
  for (const key of Object.getOwnPropertyNames(ProbeService.prototype)) {
    if (key === 'constructor') continue;
    const descriptor = Object.getOwnPropertyDescriptor(ProbeService.prototype, key)!;
    // From the lowest to the highest, as the compiler would.
    for (const decorate of stack(order, decorator())) decorate(ProbeService.prototype, key, descriptor);
    Object.defineProperty(ProbeService.prototype, key, descriptor);
  }
  return ProbeService;
}

function stack(order: Order, decorator: MethodDecorator): MethodDecorator[] {
  const metadata = SetMetadata(METADATA, order);
  switch (order) {
    case 'alone':
      return [decorator];
    case 'below one that sets metadata':
      return [decorator, metadata];
    case 'above one that sets metadata':
      return [metadata, decorator];
    case 'below one that wraps':
      return [decorator, Wrapping];
    case 'above one that wraps':
      return [Wrapping, decorator];
  }
}

/** A kind of method: how it is called to its end, what comes out, and what its span says. */
export interface MethodKind {
  readonly method: keyof Probe;
  readonly length: number;
  readonly run: (probe: Probe) => unknown;
  readonly outcome: unknown;
  readonly failed?: true;
}

const message = (error: unknown): string => (error as Error).message;

export const METHOD_KINDS: readonly MethodKind[] = [
  { method: 'value', length: 2, run: (probe) => probe.value(1, 1), outcome: 42 },
  {
    method: 'failure',
    length: 1,
    failed: true,
    outcome: 'value 42',
    run: (probe) => {
      try {
        return probe.failure(2);
      } catch (error) {
        return message(error);
      }
    },
  },
  { method: 'promise', length: 1, run: (probe) => probe.promise(2), outcome: 42 },
  {
    method: 'rejection',
    length: 1,
    failed: true,
    run: (probe) => probe.rejection(2).catch(message),
    outcome: 'value 42',
  },
  {
    method: 'observable',
    length: 1,
    run: (probe) => lastValueFrom(probe.observable(2).pipe(toArray())),
    outcome: [40, 42],
  },
  {
    method: 'stream',
    length: 1,
    outcome: [40, 42],
    run: async (probe) => {
      const values: number[] = [];
      for await (const value of probe.stream(2)) values.push(value);
      return values;
    },
  },
  { method: 'sequence', length: 1, run: (probe) => [...probe.sequence(2)], outcome: [40, 42] },
  {
    method: 'query',
    length: 1,
    outcome: { executed: false, value: 42 },
    // What is seen of the query before it runs; its span ends when it has run.
    run: async (probe) => {
      const query = probe.query(2);
      const seen = Object.fromEntries(Object.entries(query));
      expect(await query).toEqual(['row']);
      return seen;
    },
  },
];
