import { runInThisContext } from 'node:vm';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { Counted, Span, Timed, type TelemetryModuleOptions } from '../../src/index.js';
import { TraceStage } from '../../src/entry-points/workflow.js';
import { namedArguments } from '../../src/nest/decorators/parameter-names.js';
import { startApp } from '../support/test-app.js';

interface Node {
  next?: Node;
}

class Values {
  @Span()
  named(_user: string, _password: string, _count = 1): string {
    return 'done';
  }

  @Span()
  patterns({ a }: { a: number }, [b]: number[], ..._rest: string[]): number {
    return a + b!;
  }

  @Span()
  async object(_order: object): Promise<object> {
    return {
      ok: true,
      token: 'abc',
      at: new Date(0),
      big: 1n,
      bytes: new Uint8Array(3),
      map: new Map([[1, 2]]),
    };
  }

  @Span()
  anything(_value: unknown): void {}

  @Span()
  stream(): Observable<number> {
    return of(1, 2);
  }

  @Span()
  @Timed()
  @Counted()
  measured(_user: string, _password: string): void {}

  @TraceStage('unlock')
  unlock(_password: string): void {}

  @Span()
  hand<T>(value: T): T {
    return value;
  }

  @Span({ includeInputOutput: false })
  quiet(_value: string): string {
    return 'quiet';
  }

  @Span({ includeInputOutput: true })
  loud(_value: string): string {
    return 'loud';
  }
}

async function attributes(
  run: (values: Values) => unknown,
  telemetry: TelemetryModuleOptions = { includeInputOutput: true },
): Promise<[unknown, unknown]> {
  const { app, recorder } = await startApp({ providers: [Values], telemetry });
  await run(app.get(Values));
  const [span] = recorder.spans();
  return [span?.attributes['input.value'], span?.attributes['output.value']];
}

it('records arguments by their names, and the result', async () => {
  expect(await attributes((values) => values.named('ada', 'hunter2'))).toEqual([
    '{"_user":"ada","_password":"__REDACTED__"}',
    'done',
  ]);
});

it('knows names below decorators of ours, and of the one argument of a stage', async () => {
  expect(
    await attributes((values) => {
      values.measured('ada', 'hunter2');
    }),
  ).toEqual(['{"_user":"ada","_password":"__REDACTED__"}', undefined]);
  expect(
    await attributes((values) => {
      values.unlock('hunter2');
    }),
  ).toEqual(['__REDACTED__', undefined]);
});

it.each([
  "login(user /* the user's, (if any) */, password) {}",
  "login(\n  user, // it's who\n  password,\n) {}",
  "async *login(user = 'a, \\'b(', password = [1, (2, 3)]) {}",
  "'lo(gin'(user, password) {}",
  "['lo'.concat(1, ')')](user, password) {}",
  'async /* (a) */ login (user, password) {}',
])('reads the names of %j', (source) => {
  const [method] = Object.values(runInThisContext(`({ ${source} })`) as Record<string, () => void>);
  expect(namedArguments(method!, ['ada', 'hunter2'])).toEqual({ user: 'ada', password: 'hunter2' });
});

it('records arguments of patterns by position', async () => {
  expect(await attributes((values) => values.patterns({ a: 1 }, [2], 'x'))).toEqual([
    '{"0":{"a":1},"1":[2],"2":"x"}',
    '3',
  ]);
});

it('records what a promise resolves with, secrets by name left out', async () => {
  expect(await attributes((values) => values.object({ apiKey: 'k', list: [{ secret: 's' }] }))).toEqual([
    '{"_order":{"apiKey":"__REDACTED__","list":[{"secret":"__REDACTED__"}]}}',
    '{"ok":true,"token":"__REDACTED__","at":"1970-01-01T00:00:00.000Z","big":"1","bytes":"[Uint8Array of 3 bytes]","map":"[Map of 1]"}',
  ]);
});

it('records no result of a stream', async () => {
  expect(await attributes((values) => lastValueFrom(values.stream()))).toEqual([undefined, undefined]);
});

it('is decided by the method before the configuration', async () => {
  expect(await attributes((values) => values.quiet('x'))).toEqual([undefined, undefined]);
  expect(await attributes((values) => values.loud('x'), {})).toEqual(['{"_value":"x"}', 'loud']);
});

it.each<[string, () => unknown, RegExp]>([
  [
    'a cycle',
    () => {
      const node: Node = {};
      node.next = node;
      return node;
    },
    /^\{"_value":\{"next":"\[Circular\]"\}\}$/,
  ],
  [
    'headers',
    () => ({ rawHeaders: ['Cookie', 'sid=1'], init: [['authorization', 'abc']] }),
    /^\{"_value":\{"rawHeaders":"__REDACTED__","init":\[\["authorization","__REDACTED__"\]\]\}\}$/,
  ],
  ['a deep object', () => deep(50), /\[…\]/],
  ['a long list', () => Array.from({ length: 10_000 }, (_, index) => index), /98,99\]\}$/],
  ['a long text', () => 'x'.repeat(100_000), /…"\}$/],
  [
    'a getter that throws',
    () =>
      Object.defineProperty({}, 'a', {
        enumerable: true,
        get: () => {
          throw new Error('no');
        },
      }),
    /\[Unreadable\]/,
  ],
  ['a stream', () => process.stdin, /^\{"_value":"\[\w+\]"\}$/],
  ['an error', () => new TypeError('bad'), /"TypeError: bad"/],
  [
    'a proxy that throws',
    () =>
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
          ownKeys: () => {
            throw new Error('no');
          },
        },
      ),
    /Unreadable/,
  ],
])('bounds %s', async (_name, make, expected) => {
  const [input] = await attributes((values) => {
    values.anything(make());
  });
  expect(input).toMatch(expected);
  expect(String(input).length).toBeLessThanOrEqual(8192);
});

it('hands an error through that cannot be read', async () => {
  const error = Object.defineProperty(new Error('x'), 'message', {
    get: () => {
      throw new Error('no');
    },
  });
  expect(
    await attributes((values) => {
      expect(values.hand(error)).toBe(error);
    }),
  ).toEqual(['{"value":"[Unreadable]"}', '"[Unreadable]"']);
});

function deep(levels: number): Node {
  return levels === 0 ? {} : { next: deep(levels - 1) };
}
