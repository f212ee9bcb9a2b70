import { BullModule } from '@nestjs/bullmq';
import { LABELS } from './messages.js';
import { hasRedis, REDIS_URL } from './redis.js';

/** The modules of the queue, in either process; none without Redis. */
export const labelsQueue = hasRedis
  ? [
      BullModule.forRoot({ connection: { url: REDIS_URL, maxRetriesPerRequest: null } }),
      BullModule.registerQueue({ name: LABELS }),
    ]
  : [];
