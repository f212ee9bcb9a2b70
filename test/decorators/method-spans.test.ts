import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Span, Traceable, TracerManager } from '../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../src/testing/index.js';
import { exceptionEvent } from '../support/expected-server-span.js';
import { shapeOf } from '../support/span-shape.js';
import { METADATA, METHOD_KINDS, ORDERS, probeClass, type MethodKind, type Probe } from './probe.js';
import { PROVIDER_KINDS, type ProviderKind } from './provider-kinds.js';

const rows = PROVIDER_KINDS.flatMap((provider) =>
  METHOD_KINDS.flatMap((kind) =>
    ORDERS.map((order) => [provider.name, kind.method, order, provider, kind] as const),
  ),
);

it.each(rows)(
  '%s, %s, decorator %s: one span of the method',
  async (_name, _method, order, provider, kind) => {
    const probe = probeClass(order);
    const { recorder, host, manager } = await appWith(probe, provider);
    const outcome = await manager.withSpan('flow', () => kind.run(host));
    expect(outcome).toEqual(kind.outcome);
    const name = `${host.constructor.name}.${kind.method}`;
    const span = await recorder.waitFor(name);
    expect(shapeOf(span)).toEqual({
      name,
      kind: 'INTERNAL',
      parent: (await recorder.waitFor('flow')).spanContext().spanId,
      ...failure(kind),
      links: [],
      scope: 'nestjs-telemetry',
    });
    expect(
      recorder
        .spans()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([name, 'flow']);
  },
);

describe.each(ORDERS)('a decorator %s', (order) => {
  it.each(METHOD_KINDS)('leaves name, length and metadata of $method alone', (kind) => {
    const method = probeClass(order).prototype[kind.method];
    const foreignWrapper = order === 'below one that wraps' || order === 'above one that wraps';
    if (!foreignWrapper) expect([method.name, method.length]).toEqual([kind.method, kind.length]);
    const hasMetadata = order.endsWith('metadata');
    expect(Reflect.getMetadata(METADATA, method)).toBe(hasMetadata ? order : undefined);
  });
});

describe('a class decorator', () => {
  it.each(METHOD_KINDS)('gives $method its span', async (kind) => {
    const probe = probeClass('above one that sets metadata', () => () => {});
    Traceable()(probe);
    const { recorder, host, manager } = await appWith(probe, PROVIDER_KINDS[0]!);
    expect(await manager.withSpan('flow', () => kind.run(host))).toEqual(kind.outcome);
    expect((await recorder.waitFor(`ProbeService.${kind.method}`)).parentSpanContext?.spanId).toBe(
      (await recorder.waitFor('flow')).spanContext().spanId,
    );
    expect(recorder.spans()).toHaveLength(2);
  });
});

describe('without an instance', () => {
  it.each(METHOD_KINDS)('$method runs as it is', async (kind) => {
    const probe = probeClass('alone');
    expect(await kind.run(new probe())).toEqual(kind.outcome);
  });
});

describe('switched off', () => {
  it.each(METHOD_KINDS)('$method runs as it is', async (kind) => {
    const probe = probeClass('alone');
    const { recorder, host } = await appWith(probe, PROVIDER_KINDS[0]!, false);
    expect(await kind.run(host)).toEqual(kind.outcome);
    expect(recorder.spans()).toEqual([]);
  });
});

describe('an override', () => {
  it('has its own span, and the method that it calls in the base class another', async () => {
    const Base = probeClass('alone');
    class Special extends Base {
      @Span()
      override value(a: number, b: number): number {
        return super.value(a, b) * 2;
      }
    }
    const { recorder, host } = await appWith(Special, PROVIDER_KINDS[0]!);
    expect(host.value(1, 1)).toBe(84);
    expect(recorder.tree()).toEqual([
      { name: 'Special.value', children: [{ name: 'ProbeService.value', children: [] }] },
    ]);
  });
});

describe('a method that a class inherits', () => {
  it('has the span of the class of its object', async () => {
    const Base = probeClass('alone');
    class Inheriting extends Base {}
    const { recorder, host } = await appWith(Inheriting, PROVIDER_KINDS[0]!);
    host.value(1, 1);
    expect(recorder.spans().map(({ name }) => name)).toEqual(['Inheriting.value']);
  });

  it('keeps the name that its decorator gives, and the declaring class of one that has no name', async () => {
    class Base {
      @Span('given')
      named(): void {}

      @Span()
      plain(): void {}

      @Span()
      static made(): void {}
    }
    class Derived extends Base {}
    const { recorder, manager } = await appWith(probeClass('alone'), PROVIDER_KINDS[0]!);
    manager.withSpan('flow', () => {
      new Derived().named();
      new Derived().plain();
      new (class extends Base {})().plain();
      Derived.made();
      Base.prototype.plain.call(undefined as never);
    });
    expect(recorder.spans().map(({ name }) => name)).toEqual([
      'given',
      'Derived.plain',
      'Base.plain',
      'Derived.made',
      'Base.plain',
      'flow',
    ]);
  });
});

function failure(kind: MethodKind): object {
  if (kind.failed !== true) return { status: { code: 'UNSET' }, attributes: {}, events: [] };
  return {
    status: { code: 'ERROR', message: 'value 42' },
    attributes: { 'error.type': 'ProbeError' },
    events: [exceptionEvent('ProbeError', 'value 42')],
  };
}

async function appWith(
  probe: Type<Probe>,
  kind: ProviderKind,
  enabled = true,
): Promise<{ recorder: SpanRecorder; host: Probe; manager: TracerManager }> {
  class AppModule {}
  Module({
    imports: [TelemetryTestingModule.forRoot({ enabled })],
    ...kind.metadata(probe),
  })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  await app.init();
  return {
    recorder: app.get(SpanRecorder, { strict: false }),
    host: await kind.get(app, probe),
    manager: app.get(TracerManager, { strict: false }),
  };
}
