import { Processor, WorkerHost } from '@nestjs/bullmq';
import { DelayedError, RateLimitError, UnrecoverableError, WaitingChildrenError, WaitingError } from 'bullmq';
import { expect, it } from 'vitest';
import { namedSpans } from '../support/named-spans.js';
import { startApp } from '../support/test-app.js';

@Processor('packing')
class Packer extends WorkerHost {
  process({ data }: { readonly data: Error }): Promise<never> {
    return Promise.reject(data);
  }
}

it.each<[string, Error, boolean]>([
  ['delays it', new DelayedError(), true],
  ['meets a rate limit', new RateLimitError(), true],
  ['waits for children', new WaitingChildrenError(), true],
  ['puts it back', new WaitingError(), true],
  ['gives it up', new UnrecoverableError('no such order'), false],
])(
  'an attempt at a job that %s: its error reaches BullMQ, and is a failure or none',
  async (_what, error, isPostponed) => {
    const { app, recorder } = await startApp({ telemetry: {}, providers: [Packer] });
    const job = { id: '1', name: 'pack', queueName: 'packing', opts: {}, attemptsMade: 0, data: error };
    await expect(app.get(Packer).process(job)).rejects.toBe(error);
    const attributes = {
      'code.function.name': 'Packer.process',
      'messaging.system': 'bullmq',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'packing',
      'messaging.message.id': '1',
      'nestjs.job.name': 'pack',
      'nestjs.job.attempt': 1,
    };
    const span = { name: 'process packing', kind: 'CONSUMER' };
    expect(namedSpans(recorder.spans())).toEqual([
      isPostponed
        ? { ...span, status: { code: 'UNSET' }, attributes: { ...attributes, 'nestjs.job.postponed': true } }
        : {
            ...span,
            status: { code: 'ERROR', message: error.message },
            attributes: { ...attributes, 'error.type': 'UnrecoverableError' },
            exceptions: ['UnrecoverableError'],
          },
    ]);
  },
);
