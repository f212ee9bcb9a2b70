import { BatchSpanProcessor, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect, it } from 'vitest';
import type { ReadableSpan, SpanProcessor } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { newManager } from './new-manager.js';

/** Notes when it is called, and leaves a mark on the span where it may. */
class Marking implements SpanProcessor {
  constructor(
    private readonly name: string,
    private readonly calls: string[],
  ) {}

  onStart(span: Parameters<SpanProcessor['onStart']>[0]): void {
    this.calls.push(`${this.name}.onStart`);
    span.setAttribute(`${this.name}.start`, true);
  }

  onEnding(span: Parameters<SpanProcessor['onStart']>[0]): void {
    this.calls.push(`${this.name}.onEnding`);
    span.setAttribute(`${this.name}.ending`, true);
  }

  onEnd(span: ReadableSpan): void {
    this.calls.push(`${this.name}.onEnd ${String(span.attributes['user.password'])}`);
    span.attributes[`${this.name}.end`] = true;
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.calls.push(`${this.name}.shutdown`);
    return Promise.resolve();
  }
}

it('runs processors in order, before the exporter, which gets what they change', async () => {
  const calls: string[] = [];
  const exporter = new (class extends InMemorySpanExporter {
    override export(...args: Parameters<InMemorySpanExporter['export']>): void {
      calls.push('export');
      super.export(...args);
    }
  })();
  const spanProcessors = [new Marking('first', calls), new Marking('second', calls)];
  const manager = await newManager({ exporter, spanProcessors });
  manager.withSpan('work', (span) => span.setAttribute('user.password', 'canary'));
  await manager.forceFlush();
  expect(calls).toEqual([
    'first.onStart',
    'second.onStart',
    'first.onEnding',
    'second.onEnding',
    'first.onEnd __REDACTED__',
    'second.onEnd __REDACTED__',
    'export',
  ]);
  expect(exporter.getFinishedSpans().map(({ attributes }) => attributes)).toEqual([
    {
      'first.start': true,
      'second.start': true,
      'first.ending': true,
      'second.ending': true,
      'first.end': true,
      'second.end': true,
      'user.password': '__REDACTED__',
    },
  ]);
  await manager.shutdown();
  expect(calls.slice(-2)).toEqual(['first.shutdown', 'second.shutdown']);
});

it.each([
  ['SimpleSpanProcessor', (exporter: InMemorySpanExporter) => new SimpleSpanProcessor(exporter)],
  ['BatchSpanProcessor', (exporter: InMemorySpanExporter) => new BatchSpanProcessor(exporter)],
])('%s of the SDK takes the place of the exporter', async (_name, processor) => {
  const exporter = new InMemorySpanExporter();
  const manager = await newManager({
    service: { name: 'orders', version: '2.0.0' },
    exporter: { type: 'none' },
    spanProcessors: [processor(exporter)],
  });
  manager.withSpan('work', () => undefined);
  await manager.forceFlush();
  expect(
    exporter.getFinishedSpans().map(({ name, resource }) => ({
      name,
      service: resource.attributes['service.name'],
      version: resource.attributes['service.version'],
    })),
  ).toEqual([{ name: 'work', service: 'orders', version: '2.0.0' }]);
  await manager.shutdown();
});

it('hands every span to the exporter that was there and to the one that was added', async () => {
  const [first, second] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager({ exporter: first });
  manager.withSpan('before', () => undefined);
  await manager.addExporter(second);
  manager.withSpan('after', () => undefined);
  await manager.forceFlush();
  const names = (recorder: SpanRecorder): string[] => recorder.spans().map(({ name }) => name);
  expect(names(first)).toEqual(['before', 'after']);
  expect(names(second)).toEqual(['after']);
  expect(manager.status().exporters.map(({ ended, delivered }) => [ended, delivered])).toEqual([
    [2, 2],
    [1, 1],
  ]);
  await manager.shutdown();
});
