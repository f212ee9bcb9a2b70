import { Controller, Get, Inject, Injectable, Module, Scope, type Type } from '@nestjs/common';
import { ExternalContextCreator, LazyModuleLoader } from '@nestjs/core';
import { ROOT_CONTEXT, context, trace, type Meter, type Tracer } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import {
  getMeterToken,
  getTracerToken,
  InjectTracer,
  Span,
  TelemetryModule,
  TracerManager,
} from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { serverSpan } from '../support/expected-server-span.js';
import { shapeOf } from '../support/span-shape.js';
import { appModule, startApp } from '../support/test-app.js';

/** Name and instrumentation scope of everything that was recorded. */
function scopesOf(recorder: SpanRecorder) {
  return recorder.spans().map(({ name, instrumentationScope }) => [instrumentationScope.name, name]);
}

describe('@InjectTracer', () => {
  it('injects a tracer of the name that the constructor asks for, and the default one without', async () => {
    @Injectable()
    class Pricing {
      constructor(
        @InjectTracer('pricing') readonly named: Tracer,
        @InjectTracer() readonly unnamed: Tracer,
      ) {}
    }
    const app = await startApp({ providers: [Pricing] });
    const { named, unnamed } = app.app.get(Pricing);
    named.startSpan('price').end();
    unnamed.startSpan('tax').end();
    expect(scopesOf(app.recorder)).toEqual([
      ['pricing', 'price'],
      ['nestjs-telemetry', 'tax'],
    ]);
  });

  it('has a provider for every token that a factory asks for', async () => {
    const app = await startApp({
      providers: [
        {
          provide: 'price',
          inject: [getTracerToken('for-a-factory'), getMeterToken('for-a-factory')],
          useFactory: (tracer: Tracer, meter: Meter) => ({ tracer, counter: meter.createCounter('prices') }),
        },
      ],
    });
    app.app.get<{ tracer: Tracer }>('price').tracer.startSpan('price').end();
    expect(scopesOf(app.recorder)).toEqual([['for-a-factory', 'price']]);
  });

  it('injects into properties, and into request-scoped providers', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Pricing {
      @InjectTracer('pricing-per-request')
      readonly tracer!: Tracer;
    }

    @Controller('price')
    class PriceController {
      constructor(@Inject(Pricing) private readonly pricing: Pricing) {}

      @Get()
      price() {
        return this.pricing.tracer.startActiveSpan('price', (span) => {
          span.end();
          return 'price';
        });
      }
    }
    const app = await startApp({ controllers: [PriceController], providers: [Pricing] });
    expect((await app.get('/price')).body).toBe('price');
    const request = await app.recorder.waitFor('GET /price');
    expect(app.recorder.span('price').parentSpanContext?.spanId).toBe(request.spanContext().spanId);
  });

  it('injects the tracer of the nearest instance', async () => {
    const recorders = { root: new SpanRecorder(), own: new SpanRecorder() };

    @Injectable()
    class Pricing {
      constructor(@InjectTracer('nearest') readonly tracer: Tracer) {}
    }
    const [root, own] = (['root', 'own'] as const).map((name) =>
      TelemetryModule.forRoot({ service: { name }, exporter: recorders[name], isGlobal: name === 'root' }),
    );
    const PricingModule = appModule({ imports: [own!], providers: [Pricing], exports: [Pricing] });
    const app = await startApp({ telemetry: false, imports: [root!, PricingModule] });
    app.app.get(Pricing, { strict: false }).tracer.startSpan('price').end();
    await app.close();
    expect([scopesOf(recorders.root), scopesOf(recorders.own)]).toEqual([[], [['nearest', 'price']]]);
  });

  it('serves a name that a file asks for which is loaded after the app has started', async () => {
    const app = await startApp({});
    const LateModule = ((): Type => {
      @Injectable()
      class Late {
        constructor(@InjectTracer('asked-for-late') readonly tracer: Tracer) {}

        run() {
          this.tracer.startSpan('late').end();
        }
      }

      @Module({ providers: [{ provide: 'LATE', useExisting: Late }, Late] })
      class LateModule {}
      return LateModule;
    })();
    const loaded = await app.app.get(LazyModuleLoader).load(() => LateModule);
    loaded.get<{ run(): void }>('LATE').run();
    expect(scopesOf(app.recorder)).toEqual([['asked-for-late', 'late']]);
  });

  it('serves a service that is imported after the app has started', async () => {
    const app = await startApp({});
    const { WorkflowTracer } = await import('../../src/entry-points/workflow.js');

    @Injectable()
    class Late {
      constructor(@Inject(WorkflowTracer) readonly workflow: InstanceType<typeof WorkflowTracer>) {}

      run() {
        this.workflow.withPipelineSpan('late', () => undefined);
      }
    }

    @Module({ providers: [{ provide: 'LATE', useExisting: Late }, Late] })
    class LateModule {}
    const loaded = await app.app.get(LazyModuleLoader).load(() => LateModule);
    loaded.get<{ run(): void }>('LATE').run();
    expect(scopesOf(app.recorder)).toEqual([['nestjs-telemetry', 'pipeline:late']]);
  });

  it('resolves by its token', async () => {
    const app = await startApp({});
    const tracer = app.app.get<Tracer>(getTracerToken(), { strict: false });
    tracer.startSpan('by-token').end();
    expect(scopesOf(app.recorder)).toEqual([['nestjs-telemetry', 'by-token']]);
  });
});

/** Knows only the OpenTelemetry API, as an instrumented driver does. */
function queryOf(tracer: Tracer) {
  return tracer.startActiveSpan('query', async (span) => {
    await Promise.resolve();
    tracer.startSpan('parse', {}, context.active()).end();
    span.end();
    return 'rows';
  });
}

describe('a tracer in code that knows only the OpenTelemetry API', () => {
  @Controller('rows')
  class RowsController {
    constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

    @Get()
    rows() {
      return queryOf(this.tracing.getTracer('driver', '1.2.3'));
    }
  }

  it('continues the request and activates its spans in the flow', async () => {
    const app = await startApp({ controllers: [RowsController] });
    expect((await app.get('/rows')).body).toBe('rows');
    await app.recorder.waitFor('GET /rows');
    expect(app.recorder.tree()).toEqual([
      { name: 'GET /rows', children: [{ name: 'query', children: [{ name: 'parse', children: [] }] }] },
    ]);
    expect(app.recorder.span('query').instrumentationScope).toEqual({ name: 'driver', version: '1.2.3' });
    expect(trace.getActiveSpan()).toBe(undefined);
  });

  it('starts a root span where it is asked to', async () => {
    const app = await startApp({});
    const tracing = app.app.get(TracerManager, { strict: false });
    const tracer = tracing.getTracer('jobs');
    tracing.withSpan('outer', () => {
      tracer.startSpan('root', { root: true }).end();
      tracer.startSpan('child', {}, ROOT_CONTEXT).end();
    });
    const parents = app.recorder
      .spans()
      .map(({ name, parentSpanContext }) => [name, parentSpanContext?.spanId]);
    const outer = app.recorder.span('outer').spanContext().spanId;
    expect(parents).toEqual([
      ['root', undefined],
      ['child', outer],
      ['outer', undefined],
    ]);
  });
});

describe('@Span', () => {
  @Injectable()
  class Checkout {
    @Span()
    pay(amount: number) {
      return amount;
    }

    @Span('ship order', { attributes: { carrier: 'dhl' } })
    async ship() {
      await Promise.resolve();
      return 'shipped';
    }

    @Span()
    refund(): number {
      throw new Error('no money');
    }
  }

  @Controller('checkout')
  class CheckoutController {
    constructor(@Inject(Checkout) private readonly checkout: Checkout) {}

    @Get()
    @Span('answer')
    async run() {
      return [this.checkout.pay(7), await this.checkout.ship()];
    }

    @Get('refund')
    refund() {
      return this.checkout.refund();
    }
  }

  it('makes a span of each call, under its caller, with its name and attributes', async () => {
    const app = await startApp({ controllers: [CheckoutController], providers: [Checkout] });
    expect((await app.get('/checkout')).body).toBe('[7,"shipped"]');
    await app.recorder.waitFor('GET /checkout');
    expect(app.recorder.tree()).toEqual([
      {
        name: 'GET /checkout',
        children: [
          {
            name: 'answer',
            children: [
              { name: 'Checkout.pay', children: [] },
              { name: 'ship order', children: [] },
            ],
          },
        ],
      },
    ]);
    expect(app.recorder.span('ship order').attributes).toMatchObject({ carrier: 'dhl' });
  });

  it('records a failure once in the trace, and hands it on', async () => {
    const app = await startApp({ controllers: [CheckoutController], providers: [Checkout] });
    expect((await app.get('/checkout/refund')).status).toBe(500);
    const request = shapeOf(await app.recorder.waitFor('GET /checkout/refund'));
    const refund = shapeOf(app.recorder.span('Checkout.refund'));
    expect(refund).toMatchObject({ status: { code: 'ERROR' }, attributes: { 'error.type': 'Error' } });
    expect(refund.events.map(({ name }) => name)).toEqual(['exception']);
    expect(request).toEqual(
      serverSpan(app, {
        path: '/checkout/refund',
        route: '/checkout/refund',
        handler: 'CheckoutController.refund',
        code: 500,
        status: { code: 'ERROR' },
        attributes: { 'error.type': 'Error' },
      }),
    );
  });

  it('runs the plain method where there is no telemetry', () => {
    expect(new Checkout().pay(3)).toBe(3);
  });
});

it('leaves executions alone that are not HTTP, such as messages of a hybrid app', async () => {
  class Messages {
    handle() {
      return 'handled';
    }
  }
  const app = await startApp({});
  const messages = new Messages();
  const run = app.app
    .get(ExternalContextCreator)
    .create(
      messages,
      messages.handle,
      'handle',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'rpc',
    );
  expect(await run()).toBe('handled');
  await app.close();
  expect(app.recorder.spans()).toEqual([]);
});
