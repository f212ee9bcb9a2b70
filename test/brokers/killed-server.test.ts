import type { ClientProxy } from '@nestjs/microservices';
import { timeout, type Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { askAndKill } from '../entries/messages/killed-server.js';
import { BROKER } from './broker.js';

const PATIENCE_MILLIS = 3000;

it('a client that waits for a killed server ends its span when it gives up, and keeps nothing', async () => {
  const ask = (client: ClientProxy): Observable<unknown> => {
    (client as { subscribeToResponseOf?(pattern: string): void }).subscribeToResponseOf?.('dies');
    return client.send('dies', {}).pipe(timeout(PATIENCE_MILLIS));
  };
  const bare = await askAndKill(BROKER.transport, { telemetry: false, ask });
  const { error, spans, live } = await askAndKill(BROKER.transport, { telemetry: {}, ask });
  expect([error, live]).toEqual([bare.error, 0]);
  expect(spans).toEqual([
    {
      name: 'dies',
      kind: 'CLIENT',
      status: { code: 'UNSET' },
      attributes: {
        'rpc.system.name': 'nestjs',
        'rpc.method': 'dies',
        'messaging.system': BROKER.name,
        'server.address': '127.0.0.1',
        'server.port': BROKER.port,
        'error.type': 'cancelled',
      },
    },
  ]);
});
