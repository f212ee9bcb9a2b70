import { start as startLibrary } from './library.mjs';

export const start = (options) => startLibrary({ ...options, config: { ...options.config, enabled: false } });
