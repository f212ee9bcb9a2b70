import { Controller, Get, Inject, Param, Sse, UseInterceptors } from '@nestjs/common';
import { concat, defer, map, NEVER, of, throwError, timer, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { WideEventInterceptor, WideEventService } from '../../../src/index.js';
import { ALL_SERVERS } from '../../support/server-kinds.js';
import { startApp } from '../../support/test-app.js';
import { MARK } from './carts.js';

@Controller('ticks')
@UseInterceptors(WideEventInterceptor)
class TicksController {
  constructor(@Inject(WideEventService) private readonly event: WideEventService) {}

  @Sse('sse/:end')
  stream(@Param('end') end: string): Observable<{ data: number }> {
    return concat(this.ticks(), this.end(end)).pipe(map((data) => ({ data })));
  }

  @Get('value/:end')
  value(@Param('end') end: string): Observable<number> {
    return concat(this.ticks(), this.end(end));
  }

  private ticks(): Observable<number> {
    return timer(0).pipe(
      map((tick) => {
        this.event.increment('ticks');
        return tick;
      }),
    );
  }

  private end(end: string): Observable<never> {
    return defer(() => {
      this.event.set('end', end);
      if (end === 'never') return NEVER;
      return end === 'error' ? throwError(() => new RangeError('no more')) : of();
    });
  }
}

describe.each(ALL_SERVERS)('a stream, $name', (server) => {
  it('takes fields until it has ended', async () => {
    const app = await startApp({ server, controllers: [TicksController] });
    const { body } = await app.get('/ticks/sse/whole');
    expect(body).toContain('data: 0');
    const { attributes } = await app.recorder.waitFor('GET /ticks/sse/:end');
    expect(attributes).toMatchObject({
      ...MARK,
      'code.function.name': 'TicksController.stream',
      ticks: 1,
      end: 'whole',
      'stream.outcome': 'completed',
    });
    expect(attributes).not.toHaveProperty('error.type');
  });

  it('tells of its failure', async () => {
    const app = await startApp({ server, controllers: [TicksController] });
    await app.get('/ticks/sse/error');
    expect((await app.recorder.waitFor('GET /ticks/sse/:end')).attributes).toMatchObject({
      ...MARK,
      ticks: 1,
      'stream.outcome': 'error',
      'error.type': 'RangeError',
      'error.message': 'no more',
    });
  });

  it('keeps its fields when the client leaves', async () => {
    const app = await startApp({ server, controllers: [TicksController] });
    const exchange = app.open({ path: '/ticks/sse/never' });
    await exchange.firstChunk;
    exchange.abort();
    expect((await app.recorder.waitFor('GET /ticks/sse/:end')).attributes).toMatchObject({
      ...MARK,
      'stream.outcome': 'client_disconnect',
    });
  });

  it('may be an Observable whose last value is the answer', async () => {
    const app = await startApp({ server, controllers: [TicksController] });
    expect(await app.get('/ticks/value/whole')).toMatchObject({ status: 200, body: '0' });
    expect((await app.recorder.waitFor('GET /ticks/value/:end')).attributes).toMatchObject({
      ...MARK,
      ticks: 1,
      end: 'whole',
    });
  });
});
