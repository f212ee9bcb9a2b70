import { Transport, type ClientGrpcProxy, type ClientProxy } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { freePort } from '../../support/free-port.js';
import { stockOptions } from '../grpc/situations.js';
import { askAndKill } from './killed-server.js';

it('the span of a request by TCP ends when the process of its server is killed', async () => {
  const port = await freePort();
  const options = { transport: Transport.TCP as const, options: { port, host: '127.0.0.1' } };
  const ask = (client: ClientProxy): Observable<unknown> => client.send('dies', {});
  const bare = await askAndKill(options, { telemetry: false, ask });
  const traced = await askAndKill(options, { telemetry: {}, ask });
  expect(traced).toEqual({
    error: bare.error,
    spans: [
      {
        name: 'dies',
        kind: 'CLIENT',
        status: { code: 'ERROR', message: 'Connection closed' },
        attributes: {
          'rpc.system.name': 'nestjs',
          'rpc.method': 'dies',
          'server.address': '127.0.0.1',
          'server.port': port,
          'error.type': 'Error',
        },
        exceptions: ['Error'],
      },
    ],
    live: 0,
  });
}, 60_000);

it('the span of a gRPC call ends as unavailable when the process of its server is killed', async () => {
  const options = await stockOptions();
  const ask = (client: ClientProxy): Observable<unknown> =>
    (client as unknown as ClientGrpcProxy)
      .getService<{ waits(item: object): Observable<unknown> }>('Stock')
      .waits({ id: 1 });
  const bare = await askAndKill(options, { telemetry: false, ask });
  const { error, spans, live } = await askAndKill(options, { telemetry: {}, ask });
  expect([error, live]).toEqual([bare.error, 0]);
  expect(spans).toMatchObject([
    {
      name: 'shop.Stock/Waits',
      kind: 'CLIENT',
      status: { code: 'ERROR' },
      attributes: { 'rpc.response.status_code': 'UNAVAILABLE', 'error.type': 'UNAVAILABLE' },
      exceptions: ['Error'],
    },
  ]);
}, 60_000);
