import { start as startFloor } from './floor.mjs';

export const start = (options) => startFloor({ ...options, methodSpans: true });
