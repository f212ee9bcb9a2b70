import { describe, expect, it } from 'vitest';
import { DeliveryLog } from '../../src/pipeline/queue/delivery-log.js';
import type { ExportFailure } from '../../src/otlp/failures/export-failure.js';
import { LogLines } from './support/log-lines.js';

const AWAY: ExportFailure = {
  code: 'ECONNREFUSED',
  reason: 'nothing listens there',
  hint: 'Start the collector.',
  retryable: true,
  blames: 'destination',
};

function start(): { log: DeliveryLog; lines: string[]; pass: (millis: number) => void } {
  const written = new LogLines();
  let now = 0;
  const log = new DeliveryLog(written, 'app', () => now);
  return { log, lines: written.lines, pass: (millis) => (now += millis) };
}

describe('the log of a queue', () => {
  it('has one line when exports begin to fail and one when they work again, with what was lost', () => {
    const { log, lines, pass } = start();
    for (let index = 0; index < 20; index++) {
      log.failed(AWAY);
      pass(500);
    }
    log.dropped('queue_full', 1);
    log.dropped('queue_full', 41);
    log.dropped('queue_bytes', 1);
    log.succeeded(false);
    log.succeeded(true);
    expect(lines).toEqual([
      'app: export failed: nothing listens there (ECONNREFUSED). Start the collector. Spans are kept and sent when it works.',
      expect.stringContaining('app: the queue holds `batch.maxQueueSize` spans'),
      expect.stringContaining('app: the queue holds `batch.maxQueueBytes` bytes'),
      'app: works again after 10.0 s; 43 spans were dropped (queue_full 42, queue_bytes 1).',
    ]);
  });

  it('has at most one line a minute per cause, and keeps the count of what it held back', () => {
    const { log, lines, pass } = start();
    for (let second = 0; second < 120; second++) {
      log.failed(AWAY);
      log.dropped('retries_exhausted', 1);
      pass(500);
      log.succeeded(true);
      pass(500);
    }
    expect(lines).toEqual([
      expect.stringContaining('export failed'),
      expect.stringContaining('1 span was dropped'),
      expect.stringContaining('export failed'),
      expect.stringContaining('60 spans were dropped'),
    ]);
  });

  it('says that a burst is over once the queue is calm', () => {
    const { log, lines } = start();
    log.dropped('queue_full', 7);
    log.succeeded(false);
    expect(lines).toHaveLength(1);
    log.succeeded(true);
    expect(lines[1]).toBe('app: no more spans are dropped; 7 spans were dropped (queue_full 7).');
  });

  it('says at its end what had not been said', () => {
    const { log, lines } = start();
    log.dropped('shutdown', 3);
    log.closed();
    log.closed();
    expect(lines).toEqual(['app: closed; 3 spans were dropped (shutdown 3).']);
  });

  it('survives a logger that throws', () => {
    const boom = (): never => {
      throw new Error('no');
    };
    const log = new DeliveryLog({ log: boom, warn: boom, error: boom }, 'app');
    expect(() => {
      log.failed(AWAY);
      log.succeeded(true);
    }).not.toThrow();
  });
});
