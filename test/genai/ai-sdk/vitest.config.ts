import { defineConfig } from 'vitest/config';
import shared from '../../../vitest.config.js';

/** Clients of model providers alone, with those that Node 20 does not run. */
export default defineConfig({
  test: { ...shared.test, include: ['test/genai/ai-sdk/*.spec.mjs', 'test/genai/clients.test.ts'] },
});
