import { randomBytes } from 'node:crypto';

/** Password of this run's admin endpoint; printed at start-up. */
export const ADMIN_TOKEN = process.env.SAMPLE_ADMIN_TOKEN ?? randomBytes(8).toString('hex');
