import type { Attributes } from '@opentelemetry/api';
import { libraryOptions, type ClientLibrary } from '../../config/clients-config.js';
import { runAsExport } from '../../context/export-context.js';
import type { FlowContext } from '../../context/flow-context.js';
import { instanceOfCall } from '../recording-instance.js';
import type { DatabaseServer } from './database-server.js';

const WAIT_TIME = {
  name: 'db.client.connection.wait_time',
  description: 'Time until a pool gave a connection.',
  unit: 's',
  boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
};

/** Measures how long a pool took to provide a connection. */
export function measureWait(
  library: ClientLibrary,
  { system, address, port, namespace }: DatabaseServer,
  seconds: number,
  context: FlowContext,
): void {
  const pipeline = instanceOfCall(context)?.pipeline;
  const clients = pipeline?.current?.config.clients ?? {};
  const { callMeter } = pipeline ?? {};
  if (callMeter?.enabled !== true || libraryOptions(clients, library) === undefined) return;
  const attributes: Attributes = {
    'db.system.name': system,
    'db.client.connection.pool.name': `${address ?? 'localhost'}:${port ?? ''}/${namespace ?? ''}`,
  };
  runAsExport(() => {
    callMeter.record(WAIT_TIME, seconds, attributes);
  });
}
