import { start as startRawSdk } from './raw-sdk.mjs';

export const start = (options) => startRawSdk({ ...options, methodSpans: true });
