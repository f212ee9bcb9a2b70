import { Controller, Get, Inject, Injectable, UseInterceptors, type LoggerService } from '@nestjs/common';
import {
  MeterManager,
  Span,
  SpanAttribute,
  TelemetryAdminModule,
  TelemetryModule,
  TracerManager,
  WideEventField,
  WideEventInterceptor,
  type TelemetryModuleOptions,
} from '../../src/index.js';
import { TracePipeline, TraceStage } from '../../src/entry-points/workflow.js';
import type { ServerKind } from '../support/server-kinds.js';
import { startApp, type TestApp } from '../support/test-app.js';

/** What a function may do in the place of what it should. */
const MISBEHAVIOURS: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('not yours');
  },
  rejects: () => Promise.reject(new Error('not yours')),
  'returns nothing': () => undefined,
  'returns null': () => null,
  'returns a number': () => 42,
  'returns a text': () => 'text',
  'resolves with a number': () => Promise.resolve(42),
  'has getters that throw': () =>
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('not yours');
        },
        ownKeys: () => {
          throw new Error('not yours');
        },
      },
    ),
  'has attributes that throw': () => ({
    decision: 2,
    type: 'mine',
    get attributes() {
      throw new Error('not yours');
    },
  }),
  'never settles': () => new Promise(() => {}),
};

/** All of them; what an app's own logger returns is lost in Nest, which calls it. */
export function misbehavioursOf(place: string): Readonly<Record<string, () => unknown>> {
  const { rejects, ...others } = MISBEHAVIOURS;
  return place === 'logger' ? others : { rejects: rejects as () => unknown, ...others };
}

export interface MisbehavingApp {
  readonly app: TestApp;
  /** What the function does from now on. */
  behave(how: () => unknown): void;
  /** How often it was called. */
  calls(): number;
}

const QUICK = { exportIntervalMillis: 100, exportTimeoutMillis: 50 };

/** Each option that takes a function, or an object with methods. */
export const OPTIONS: Readonly<Record<string, (fn: () => any) => TelemetryModuleOptions>> = {
  'sampler.shouldSample': (fn) => ({ sampler: { shouldSample: fn, toString: fn } }),
  'spanProcessors.onStart': (fn) => ({ spanProcessors: [processor({ onStart: fn })] }),
  'spanProcessors.onEnding': (fn) => ({ spanProcessors: [processor({ onEnding: fn })] }),
  'spanProcessors.onEnd': (fn) => ({ spanProcessors: [processor({ onEnd: fn })] }),
  'spanProcessors.forceFlush and shutdown': (fn) => ({
    batch: { exportTimeoutMillis: 50 },
    spanProcessors: [processor({ forceFlush: fn, shutdown: fn })],
  }),
  exporter: (fn) => ({
    batch: { exportTimeoutMillis: 50 },
    exporter: { export: fn, forceFlush: fn, shutdown: fn },
  }),
  errorClassifier: (fn) => ({ errorClassifier: fn }),
  'http.trustRemoteParent': (fn) => ({ http: { trustRemoteParent: fn } }),
  'http.requestHook': (fn) => ({ http: { requestHook: fn } }),
  'http.responseHook': (fn) => ({ http: { responseHook: fn } }),
  'baggage.trust': (fn) => ({ baggage: { trust: fn } }),
  'tenants.resolve': (fn) => ({ tenants: { resolve: fn, config: () => undefined } }),
  'tenants.config': (fn) => ({
    tenants: { resolve: () => `tenant-${Math.trunc(performance.now())}`, config: fn },
  }),
  'wideEvents.seed': (fn) => ({ wideEvents: { seed: fn } }),
  'baggage.entries': (fn) => ({ baggage: { entries: fn } }),
  'metrics.readers': (fn) => ({
    metrics: { readers: { export: fn, forceFlush: fn, shutdown: fn }, ...QUICK },
  }),
};

/** Functions that decorators and methods take. */
export const IN_CODE = [
  '@Span(fn)',
  '@Span({ onResult })',
  '@Span({ errorClassifier })',
  '@SpanAttribute(fn)',
  '@TracePipeline(fn)',
  '@TraceStage(fn)',
  '@WideEventField(fn)',
  'checkpoint(fn)',
  'observable callback',
  'whoami',
  'logger',
] as const;

function processor(methods: Record<string, () => unknown>): any {
  const nothing = (): void => {};
  const resolved = (): Promise<void> => Promise.resolve();
  return { onStart: nothing, onEnd: nothing, forceFlush: resolved, shutdown: resolved, ...methods };
}

/** An app in which one function of the user's misbehaves as it is told. */
export async function startMisbehaving(place: string, server: ServerKind): Promise<MisbehavingApp> {
  let count = 0;
  let behaviour: (() => unknown) | undefined;
  const misbehave = (): any => {
    if (behaviour === undefined) return undefined;
    count += 1;
    return behaviour();
  };
  const when = (name: string): (() => any) => (name === place ? misbehave : () => undefined);
  const options = OPTIONS[place]?.(misbehave) ?? {};

  @Injectable()
  class Work {
    constructor(
      @Inject(TracerManager) private readonly tracer: TracerManager,
      @Inject(MeterManager) meters: MeterManager,
    ) {
      meters.observableGauge('level', when('observable callback'));
    }

    @Span(when('@Span(fn)'))
    options(): number {
      return 1;
    }

    @Span({ onResult: when('@Span({ onResult })') })
    async result(): Promise<number> {
      return Promise.resolve(1);
    }

    @Span({ errorClassifier: when('@Span({ errorClassifier })') })
    fails(): number {
      throw new Error('mine');
    }

    @Span()
    attribute(@SpanAttribute('key', when('@SpanAttribute(fn)')) given: number): number {
      return given;
    }

    @TracePipeline('pipeline', when('@TracePipeline(fn)'))
    pipeline(): number {
      return 1;
    }

    @TraceStage('stage', when('@TraceStage(fn)'))
    stage(): number {
      return 1;
    }

    @WideEventField('field', when('@WideEventField(fn)'))
    field(): number {
      return 1;
    }

    async all(): Promise<number> {
      this.tracer.checkpoint('reached', when('checkpoint(fn)'));
      let caught = 0;
      try {
        this.fails();
      } catch (error) {
        caught = (error as Error).message === 'mine' ? 1 : 0;
      }
      const inside = this.tracer.withSpan('inside', () => 1);
      const results = [this.options(), await this.result(), this.attribute(1), this.pipeline()];
      return [...results, this.stage(), this.field(), caught, inside].reduce((sum, one) => sum + one, 0);
    }
  }

  @Controller()
  @UseInterceptors(WideEventInterceptor)
  class Root {
    constructor(@Inject(Work) private readonly work: Work) {}

    @Get('works')
    async works(): Promise<{ sum: number }> {
      return { sum: await this.work.all() };
    }

    @Get('fails')
    fails(): void {
      throw new Error('mine');
    }
  }

  const instance = TelemetryModule.forRoot({
    service: { name: 'misbehaving' },
    exporter: { type: 'none' },
    debugEvents: true,
    metrics: { readers: { type: 'console' } },
    shutdown: { timeoutMillis: 300 },
    ...options,
  });
  const admin = TelemetryAdminModule.register({
    guards: [{ canActivate: () => true }],
    whoami: when('whoami'),
  });
  const say = when('logger');
  const logger: LoggerService = { log: say, error: say, warn: say, debug: say, verbose: say, fatal: say };
  const app = await startApp({
    server,
    telemetry: false,
    imports: [instance, admin],
    controllers: [Root],
    providers: [Work],
    logger: place === 'logger' ? logger : false,
  });
  return {
    app,
    behave: (how) => {
      behaviour = how;
    },
    calls: () => count,
  };
}
