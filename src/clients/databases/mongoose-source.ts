import { followTracing, together } from '../channel.js';
import { beginCall } from '../client-call.js';
import type { ClientSource } from '../client-source.js';
import { commandPlan, endDatabaseCall } from './database-call.js';

/** An operation that mongoose publishes. */
interface MongooseOperation {
  readonly operation?: string;
  readonly collection?: string;
  readonly database?: string;
  readonly serverAddress?: string;
  readonly serverPort?: number;
}

const CHANNELS = ['query', 'aggregate', 'model:save', 'model:insertMany', 'model:bulkWrite', 'cursor:next'];

/** The source for `mongoose`. The driver's command for an operation is recorded on the operation's span. */
export const MONGOOSE: ClientSource & { readonly library: 'mongodb' } = {
  name: 'mongoose',
  library: 'mongodb',
  start: () =>
    together(
      CHANNELS.map((channel) =>
        followTracing<MongooseOperation>({
          source: 'mongoose',
          channel: `mongoose:${channel}`,
          inside: ({ context }) => context,
          begin: ({ operation = 'query', collection, database, serverAddress, serverPort }) =>
            beginCall(MONGOOSE, () =>
              commandPlan(
                { system: 'mongodb', namespace: database, address: serverAddress, port: serverPort },
                {
                  summary: collection === undefined ? operation : `${operation} ${collection}`,
                  operation,
                  collection,
                },
              ),
            ),
          end: (call, { error, result }) => {
            endDatabaseCall(call, error, Array.isArray(result) ? result.length : undefined);
          },
        }),
      ),
    ),
};
