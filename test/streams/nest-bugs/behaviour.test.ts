import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import * as rxjs from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { SseTelemetryInterceptor } from '../../../src/index.js';
import { TelemetryTestingModule } from '../../../src/testing/index.js';
import { HTTP1_SERVERS } from '../../support/server-kinds.js';
import { observeBehaviour, type Situation } from './behaviour.mjs';

class IdentityInterceptor implements common.NestInterceptor {
  intercept(_context: common.ExecutionContext, next: common.CallHandler): rxjs.Observable<unknown> {
    return next.handle();
  }
}

describe.each(HTTP1_SERVERS)('@Sse routes on $name', (server) => {
  const observe = (more: object): Promise<Record<string, Situation>> =>
    observeBehaviour({ common, core, rxjs, adapter: () => server.adapter(), ...more });
  let bare: Record<string, Situation>;
  let identity: Record<string, Situation>;

  beforeAll(async () => {
    bare = await observe({});
    identity = await observe({ interceptor: IdentityInterceptor });
  });

  it('lets the client that leaves early interrupt something', () => {
    expect(bare['POST: the client leaves during an async set-up']?.log).toEqual([
      'set-up begins',
      '-- the server has noticed',
      'set-up ends',
    ]);
    expect(bare['GET: the client leaves in the middle']?.log).toContain('torn down');
  });

  it('sees what even an identity interceptor changes', () => {
    expect(identity).not.toEqual(bare);
  });

  it('behaves with the module as without it', async () => {
    expect(await observe({ imports: [TelemetryTestingModule.forRoot()] })).toEqual(bare);
  });

  it('behaves with a span for each stream as without the module', async () => {
    expect(
      await observe({ imports: [TelemetryTestingModule.forRoot({ sse: { spans: 'stream' } })] }),
    ).toEqual(bare);
  });

  it('behaves with the interceptor by hand as with an identity interceptor', async () => {
    const imports = [TelemetryTestingModule.forRoot({ http: false, sse: false })];
    expect(await observe({ imports, interceptor: SseTelemetryInterceptor })).toEqual(identity);
  });
});
