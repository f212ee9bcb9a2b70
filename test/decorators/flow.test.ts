import { Injectable, Module } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Span, TelemetryModule, TracerManager } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { startApp } from '../support/test-app.js';
import { start } from '../workflow/support.js';

describe('withAttributes', () => {
  it('gives them to every span inside, through awaits, under the span’s own; the nearer scope wins', async () => {
    const { manager, recorder } = await start();
    await manager.withAttributes({ 'session.id': 's1', team: 'a' }, async () => {
      await Promise.resolve();
      manager.withSpan('own', { attributes: { team: 'b' } }, () => {
        manager.withAttributes({ sessionId: 's2', 'order.id': 7 }, () => {
          manager.startSpan('nested').end();
        });
      });
      expect(manager.flowAttributes()).toEqual({ 'session.id': 's1', team: 'a' });
    });
    manager.startSpan('outside').end();
    expect(recorder.spans().map(({ name, attributes }) => [name, attributes])).toEqual([
      ['nested', { 'session.id': 's2', team: 'a', 'order.id': 7 }],
      ['own', { 'session.id': 's1', team: 'b' }],
      ['outside', {}],
    ]);
    expect(manager.flowAttributes()).toEqual({});
  });

  it('keeps flows at the same time apart', async () => {
    const { manager, recorder } = await start();
    await Promise.all(
      [1, 2, 3].map((id) =>
        manager.withAttributes({ id }, async () => {
          await new Promise((resolve) => setImmediate(resolve));
          manager.startSpan(`span ${id}`).end();
        }),
      ),
    );
    expect([1, 2, 3].map((id) => recorder.span(`span ${id}`).attributes)).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 3 },
    ]);
  });
});

describe('a span that is left out', () => {
  it('cannot change or end the one around it, and leaves the trace as it is', async () => {
    const { manager, recorder } = await start();
    manager.withSpan('around', (around) => {
      manager.withoutTracing(() => {
        const left = manager.startSpan('left out');
        left.setAttribute('never', 'seen').addEvent('never').updateName('never').end();
        manager.withSpan('left out too', (span) => {
          span.end();
          expect(manager.activeSpan()).toBe(around);
        });
        expect(left.spanContext()).toEqual(around.spanContext());
        expect(manager.inject({})).toEqual({});
      });
      expect(around.isRecording()).toBe(true);
    });
    expect(recorder.spans().map(({ name, attributes, events }) => [name, attributes, events])).toEqual([
      ['around', {}, []],
    ]);
  });

  it('is what an instance that is off makes in another’s trace', async () => {
    const inner = new SpanRecorder();
    @Injectable()
    class Inner {
      constructor(private readonly manager: TracerManager) {}

      @Span()
      work(): boolean {
        const span = this.manager.startSpan('child');
        span.end();
        return span.isRecording();
      }
    }
    class InnerModule {}
    Module({
      imports: [TelemetryModule.forRoot({ service: { name: 'inner' }, enabled: false, exporter: inner })],
      providers: [Inner],
      exports: [Inner],
    })(InnerModule);
    @Injectable()
    class Outer {
      constructor(readonly manager: TracerManager) {}
    }
    const { app, recorder } = await startApp({
      imports: [InnerModule],
      providers: [Outer],
      telemetry: { isGlobal: false },
    });
    app.get(Outer).manager.withSpan('outer', (outer) => {
      expect(app.get(Inner, { strict: false }).work()).toBe(false);
      expect(outer.isRecording()).toBe(true);
    });
    expect([recorder.tree(), inner.spans()]).toEqual([[{ name: 'outer', children: [] }], []]);
  });
});

describe('checkpoint', () => {
  it('does not even build its attributes while it is off, nor outside of a span', async () => {
    const { manager } = await start();
    let built = 0;
    const attributes = (): object => ({ built: (built += 1) });
    manager.withSpan('work', () => {
      manager.checkpoint('step', attributes as never);
    });
    await manager.reconfigure({ debugEvents: true });
    manager.checkpoint('step', attributes as never);
    expect(built).toBe(0);
    manager.withSpan('work', () => {
      manager.checkpoint('step', attributes as never);
    });
    expect(built).toBe(1);
  });

  it('counts by name and span, and survives attributes that throw', async () => {
    const { manager, recorder } = await start({ debugEvents: true });
    const work = (): void => {
      for (let step = 0; step < 5; step += 1) {
        manager.checkpoint('every second', { step }, { every: 2 });
        manager.checkpoint('every third', { step }, { every: 3 });
      }
      manager.checkpoint('broken', () => {
        throw new Error('broken');
      });
    };
    manager.withSpan('first', work);
    manager.withSpan('second', work);
    for (const name of ['first', 'second']) {
      expect(recorder.span(name).events.map((event) => [event.name, event.attributes?.['step']])).toEqual([
        ['every second', 0],
        ['every third', 0],
        ['every second', 2],
        ['every third', 3],
        ['every second', 4],
      ]);
    }
  });

  it('can be on for one flow alone', async () => {
    const { manager, recorder } = await start();
    await manager.withTemporaryConfig({ debugEvents: true }, async () => {
      manager.withSpan('watched', () => {
        manager.checkpoint('step');
      });
    });
    manager.withSpan('unwatched', () => {
      manager.checkpoint('step');
    });
    expect(['watched', 'unwatched'].map((name) => recorder.span(name).events.length)).toEqual([1, 0]);
  });
});
