import { connect } from 'node:http2';
import { once } from 'node:events';
import { Controller, Get, Inject } from '@nestjs/common';
import { isSpanContextValid, propagation, type Baggage } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { BaggageRules } from '../../src/context/baggage-rules.js';
import { BAGGAGE_FORMAT, contextFrom } from '../../src/context/propagation.js';
import { BaggageService, TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { loadPropagation } from '../../src/tracing/load-propagation.js';
import { RawConnection } from '../support/raw-connection.js';
import { FASTIFY_H2C, HTTP1_SERVERS } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';
import { hostileHeaders, seeded } from './hostile-headers.js';

const SEED = 20_261_119;

// eslint-disable-next-line no-control-regex -- what must never get through
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** What no header may contain. */
const FORBIDDEN = /[^\t\u0020-\u007e\u0080-\u00ff]/g;

function expectHarmless(baggage: Baggage | undefined): void {
  const entries = baggage?.getAllEntries() ?? [];
  if (entries.length > 64) throw new Error(`${entries.length} entries were kept`);
  for (const [key, { value }] of entries) {
    if (key in {} || key === 'prototype') throw new Error(`The name ${key} was kept`);
    if (CONTROL.test(key) || CONTROL.test(value)) throw new Error('A control character was kept');
  }
}

function textOf(baggage: Baggage | undefined): string {
  return JSON.stringify(baggage?.getAllEntries().map(([key, { value }]) => [key, value]));
}

describe('generated requests', { timeout: 300_000 }, () => {
  it.each([
    ['everything is allowed', { allow: ['*'], attributes: ['*'] }, 100_000],
    ['the default holds', {}, 5_000],
  ])('never throw, and keep at most 64 entries and 8,192 bytes where %s', async (_name, options, inputs) => {
    const lines = new Set<string>();
    const rules = new BaggageRules(options, { warn: (_cause, line) => lines.add(line) });
    const propagators = ['tracecontext', 'baggage', 'b3', 'jaeger'] as const;
    const inbound = await loadPropagation({ propagators }, rules, {}, () => {});
    const onlyBaggage = await loadPropagation({ propagators: ['baggage'] }, rules, {}, () => {});
    const random = seeded(SEED);
    let kept = 0;
    let traces = 0;
    for (let count = 0; count < inputs; count += 1) {
      const request = hostileHeaders(random);
      const remote = inbound.receive(request);
      expectHarmless(remote?.baggage);
      if (remote?.spanContext !== undefined) {
        traces += 1;
        if (!isSpanContextValid(remote.spanContext)) throw new Error('An invalid span context was kept');
      }
      if (remote?.baggage !== undefined) {
        kept += 1;
        const carrier: Record<string, string> = {};
        onlyBaggage.inject(contextFrom(remote), carrier);
        if ((carrier['baggage']?.length ?? 0) > 8192) throw new Error('Over 8,192 bytes were kept');
        // What goes out comes in again unchanged: nothing was kept that cannot be sent on.
        const again = onlyBaggage.extract(carrier).baggage;
        if (textOf(again) !== textOf(remote.baggage)) throw new Error('Something else came back');
        const attributes = rules.attributesOf(remote.baggage);
        if (Object.getPrototypeOf(attributes) !== Object.prototype)
          throw new Error('The prototype was replaced');
      }
      expectHarmless(inbound.extract(request.headers).baggage);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(kept).toBeGreaterThan(inputs / 10);
    expect(traces).toBeGreaterThan(inputs / 10);
    expect(Object.values(rules.refused).reduce((sum, refused) => sum + refused, 0)).toBeGreaterThan(inputs);
    expect(lines.size).toBeLessThan(10);
  });
});

@Controller()
class EchoController {
  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  @Get('echo')
  echo(): unknown {
    return this.baggage.getAll();
  }
}

const TELEMETRY: TelemetryModuleOptions = {
  baggage: { allow: ['*'], attributes: ['*'] },
  propagation: { propagators: ['tracecontext', 'baggage', 'b3', 'jaeger'] },
};

describe('over sockets', { timeout: 60_000 }, () => {
  it.each(HTTP1_SERVERS)('no generated request is answered with a 5xx: $name', async (server) => {
    const app = await startApp({ server, telemetry: TELEMETRY, controllers: [EchoController] });
    const random = seeded(SEED + 1);
    const statuses = new Map<number, number>();
    for (let count = 0; count < 500; count += 1) {
      const { rawHeaders } = hostileHeaders(random);
      const lines: string[] = [];
      for (let index = 0; index < rawHeaders.length; index += 2) {
        // A header ends where a line does. Other control characters are sent by every fourth only:
        // Node answers them with 400.
        const forbidden = count % 4 === 0 ? /[\r\n]/g : FORBIDDEN;
        lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]!.replace(forbidden, ' ')}`.slice(0, 7000));
      }
      const connection = await RawConnection.open(app.url);
      connection.write('GET /echo HTTP/1.1', 'Host: x', 'Connection: close', ...lines);
      const [status = 0] = await connection.statuses(1);
      connection.close();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses.keys()].filter((status) => ![200, 400, 431].includes(status))).toEqual([]);
    expect(statuses.get(200)).toBeGreaterThan(100);
  });

  it('no generated request is answered with a 5xx: HTTP/2', async () => {
    const app = await startApp({ server: FASTIFY_H2C, telemetry: TELEMETRY, controllers: [EchoController] });
    const random = seeded(SEED + 2);
    const session = connect(app.url, { settings: { maxHeaderListSize: 65_535 } });
    let served = 0;
    for (let count = 0; count < 500; count += 1) {
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(hostileHeaders(random).headers)) {
        // The client itself refuses to send more than this.
        if (/^[\w.-]+$/.test(name) && name !== '__proto__')
          headers[name] = value.replace(FORBIDDEN, ' ').trim().slice(0, 20_000);
      }
      const stream = session.request({ ':path': '/echo', ...headers });
      stream.resume();
      const closed = once(stream, 'close');
      const [response] = await once(stream, 'response');
      await closed;
      expect([200, 400, 431]).toContain(response[':status']);
      if (response[':status'] === 200) served += 1;
    }
    session.close();
    expect(served).toBeGreaterThan(300);
  });

  it.each([
    [
      '16 kB of baggage',
      [`baggage: ${Array.from({ length: 1300 }, (_, n) => `key-${n}=${n}`).join(',')}`.slice(0, 15_900)],
    ],
    [
      '2,000 keys',
      [`baggage: ${Array.from({ length: 2000 }, (_, n) => `k${n}=1`).join(',')}`.slice(0, 15_900)],
    ],
    ['200 repeated headers', Array.from({ length: 200 }, (_, n) => `baggage: r${n}=1`)],
    ['an encoded CR LF', ['baggage: user.id=a%0d%0aX-Evil: 1', 'x-user-id: b%0d%0ac']],
    ['names of every object', ['baggage: __proto__=1,constructor=2,prototype=3,toString=4,ok=5']],
    ['broken percent-escapes', ['baggage: a=%,b=%zz,%=c,d=%E0%A4%A,ok=1']],
    ['an unknown traceparent version', [`traceparent: ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]],
    ['a traceparent that is none', ['traceparent: 00-xyz', 'tracestate: ====']],
  ])('%s: served, within the limits', async (_name, headers) => {
    const app = await startApp({ telemetry: TELEMETRY, controllers: [EchoController] });
    const connection = await RawConnection.open(app.url);
    connection.write('GET /echo HTTP/1.1', 'Host: x', 'Connection: close', ...headers);
    expect(await connection.statuses(1)).toEqual([200]);
    const served = await app.recorder.waitFor('GET /echo');
    await once((connection as any).socket, 'close').catch(() => {});
    const entries = JSON.parse(
      /\r\n\r\n(\{.*\})/s.exec(connection.text.replace(/\r\n[\da-f]+\r\n/g, '\r\n'))?.[1] ?? '{}',
    );
    expect(Object.keys(entries).length).toBeLessThanOrEqual(64);
    expect(JSON.stringify(entries).length).toBeLessThan(9000);
    expect(connection.text).not.toContain('X-Evil');
    expect(served.attributes).toMatchObject(entries);
    expect(served.parentSpanContext).toBeUndefined();
  });
});

describe('limits', () => {
  it('hold for entries that code sets', async () => {
    const app = await startApp({ telemetry: { baggage: { deny: ['app.private'] } } });
    const baggage = app.app.get(BaggageService);
    expect(baggage.set('outside', 'of every flow')).toBe(false);
    const manager = app.app.get(TracerManager);
    baggage.with({}, () => {
      for (let count = 0; count < 70; count += 1) baggage.set(`k${count}`, 'v');
      expect(Object.keys(baggage.getAll())).toHaveLength(64);
      expect(baggage.set('k0', 'replaced')).toBe(true);
      expect(baggage.set('k1', 'x'.repeat(4094))).toBe(false);
      expect(baggage.set('k1', 'x'.repeat(4093))).toBe(true);
      expect(baggage.set('k2', 'x'.repeat(4093))).toBe(false);
      expect(baggage.set('k3', 'a\r\nb')).toBe(false);
      expect(baggage.set('k3', '\ud800')).toBe(false);
      expect(baggage.set('__proto__', 'x')).toBe(false);
      expect(baggage.set('api_key', 'x')).toBe(false);
      expect(baggage.set('app.private', 'x')).toBe(false);
      expect(baggage.set('k4', 5 as never)).toBe(false);
      const { baggage: header = '' } = manager.inject<Record<string, string>>({});
      expect(header).not.toBe('');
      expect(header.length).toBeLessThanOrEqual(8192);
      expect(propagation.getBaggage(manager.extract({ baggage: header }))?.getAllEntries()).toHaveLength(64);
    });
    expect(baggage.refused()).toEqual({
      too_many: 6,
      too_long: 1,
      too_large: 1,
      invalid_value: 3,
      invalid_key: 1,
      denied: 2,
    });
    expect(BAGGAGE_FORMAT.propagator.fields()).toEqual(['baggage']);
  });
});
