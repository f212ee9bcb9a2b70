import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { Controller, Get, Inject, Logger } from '@nestjs/common';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import winston from 'winston';
import {
  BaggageService,
  TelemetryLogger,
  traceLogFields,
  traceLogFormat,
  traceLogMeta,
  TracerManager,
  type LogFieldsOptions,
} from '../../src/index.js';
import { startApp, type TestApp } from '../support/test-app.js';

const CANARY = 'canary-77aa';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is written to standard output and standard error from now on. */
function captureOutput(): () => string {
  let text = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
  }
  return () => text;
}

@Controller()
class LoggingController {
  private readonly logger = new Logger('Orders');

  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  @Get('log')
  log(): void {
    this.baggage.set('app.plan', 'gold');
    this.logger.log('placed');
    this.logger.warn({ order: { id: 7 } });
    this.logger.error('failed', new Error('no stock').stack);
  }
}

async function logged(
  options: ConstructorParameters<typeof TelemetryLogger>[0],
): Promise<{ app: TestApp; text: string }> {
  const output = captureOutput();
  const app = await startApp({ controllers: [LoggingController], logger: new TelemetryLogger(options) });
  const before = output().length;
  await app.get('/log', { 'x-user-id': CANARY });
  await app.recorder.waitFor('GET /log');
  const text = output().slice(before);
  expect(output().slice(0, before)).not.toContain('trace_id');
  vi.restoreAllMocks();
  return { app, text };
}

describe('TelemetryLogger', () => {
  it('ends each line of a request with the ids of its trace and span, as text', async () => {
    const { app, text } = await logged({ colors: false });
    const { traceId, spanId } = app.recorder.span('GET /log').spanContext();
    const ids = `trace_id=${traceId} span_id=${spanId}`;
    const lines = text.split('\n');
    expect(lines.find((line) => line.includes('placed'))).toMatch(
      new RegExp(`LOG \\[Orders\\] placed.* ${ids}$`),
    );
    expect(text).toMatch(
      new RegExp(`\\[Orders\\] Object\\(1\\) \\{\\n\\s+order: \\{\\n\\s+id: 7\\n\\s+\\}\\n\\}.* ${ids}\\n`),
    );
    expect(text.match(new RegExp(ids, 'g'))).toHaveLength(3);
    expect(text).not.toContain(CANARY);
  });

  it('adds fields in JSON, where objects stay objects, and chosen baggage', async () => {
    const { app, text } = await logged({
      json: true,
      telemetry: { baggage: ['app.*', 'user.*'], exclude: ['user.id'], prefix: 'baggage.', spanId: 'span' },
    });
    const { traceId, spanId } = app.recorder.span('GET /log').spanContext();
    const records = text
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    const fields = { trace_id: traceId, span: spanId, 'baggage.app.plan': 'gold' };
    expect(records).toEqual([
      expect.objectContaining({ level: 'log', message: 'placed', context: 'Orders', ...fields }),
      expect.objectContaining({ level: 'warn', message: { order: { id: 7 } }, ...fields }),
      expect.objectContaining({ level: 'error', message: 'failed', ...fields }),
    ]);
    expect(text).not.toContain(CANARY);
  });

  it('lets no name of an entry pass for another field, and none replace the ids', async () => {
    const app = await startApp({});
    const manager = app.app.get(TracerManager);
    const carrier = { baggage: 'trace_id=forged,a%20level%3Dlog=1' };
    const output = captureOutput();
    manager.extract(carrier, () =>
      manager.withSpan('job', () =>
        new TelemetryLogger('Jobs', { colors: false, telemetry: { baggage: ['*'] } }).log('begun'),
      ),
    );
    const { traceId, spanId } = app.recorder.span('job').spanContext();
    expect(output()).toContain(`begun trace_id=${traceId} span_id=${spanId} "a level=log"=1\n`);
  });

  it('takes the context first, as the logger of Nest does', () => {
    const output = captureOutput();
    new TelemetryLogger('Jobs', { colors: false, telemetry: {} }).log('begun');
    expect(output()).toMatch(/LOG \[Jobs\] begun\n$/);
  });
});

describe('traceLogFields', () => {
  async function inSpan(
    options: LogFieldsOptions,
    log: (fields: ReturnType<typeof traceLogFields>) => void,
  ): Promise<{ traceId: string; spanId: string }> {
    const app = await startApp({});
    const manager = app.app.get(TracerManager);
    const baggage = app.app.get(BaggageService);
    baggage.with({ 'user.id': 'eve', 'app.note': 'a "b"\u2028c', 'app.plan': 'gold' }, () =>
      manager.withSpan('job', () => log(traceLogFields(options))),
    );
    return app.recorder.span('job').spanContext();
  }

  it('tells nothing outside of a trace', () => {
    expect(traceLogFields({ baggage: ['*'] })()).toEqual({});
  });

  it('tells ids and baggage under the names that are wanted', async () => {
    let fields = {};
    const { traceId } = await inSpan(
      { traceId: 'traceId', spanId: false, baggage: ['app.*'], exclude: ['app.note'] },
      (of) => (fields = of()),
    );
    expect(fields).toEqual({ traceId, 'app.plan': 'gold' });
  });

  it('is a mixin for pino', async () => {
    const lines = new PassThrough();
    const { traceId, spanId } = await inSpan({ baggage: ['user.id'] }, (mixin) => {
      pino({ mixin, base: null, timestamp: false }, lines).info({ order: { id: 7 } }, 'placed');
    });
    expect(JSON.parse(String(lines.read()))).toEqual({
      level: 30,
      trace_id: traceId,
      span_id: spanId,
      'user.id': 'eve',
      order: { id: 7 },
      msg: 'placed',
    });
  });

  it('is what stands on each line of winston, though a slow transport lets lines wait', async () => {
    const lines: { message: string; service: string; trace_id?: string; 'user.id'?: string }[] = [];
    const stream = new Writable({
      highWaterMark: 1,
      write(line, _encoding, done) {
        lines.push(JSON.parse(String(line)));
        setImmediate(done);
      },
    });
    const logger = winston.createLogger({
      defaultMeta: traceLogMeta({ baggage: ['user.id'], spanId: false }, { service: 'shop' }),
      format: winston.format.json(),
      transports: [new winston.transports.Stream({ stream })],
    });
    const app = await startApp({});
    const manager = app.app.get(TracerManager);
    const baggage = app.app.get(BaggageService);
    const users = Array.from({ length: 200 }, (_, index) => `u${index}`);
    for (const user of users)
      baggage.with({ 'user.id': user }, () => manager.withSpan(user, () => void logger.info(user)));
    logger.info('outside');
    await once(logger.end(), 'finish');
    await vi.waitFor(() => expect(lines).toHaveLength(users.length + 1));
    expect(lines).toEqual([
      ...users.map((user) => ({
        level: 'info',
        message: user,
        service: 'shop',
        trace_id: app.recorder.span(user).spanContext().traceId,
        'user.id': user,
      })),
      { level: 'info', message: 'outside', service: 'shop' },
    ]);
  });

  it('is a format for winston, where a field that is there already stays', async () => {
    const lines: string[] = [];
    const stream = new PassThrough().on('data', (line) => lines.push(String(line)));
    const { spanId } = await inSpan({}, () => {
      winston
        .createLogger({
          format: winston.format.combine(traceLogFormat({ baggage: ['user.id'] }), winston.format.json()),
          transports: [new winston.transports.Stream({ stream })],
        })
        .info('placed', { order: { id: 7 }, trace_id: 'mine' });
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'info',
        message: 'placed',
        order: { id: 7 },
        trace_id: 'mine',
        span_id: spanId,
        'user.id': 'eve',
      },
    ]);
  });
});
