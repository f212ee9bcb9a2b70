import { describe } from 'vitest';
import { describeClient } from './support/client-harness.js';
import { anthropicKit } from './support/anthropic-kit.js';
import { googleKit } from './support/google-kit.js';
import { openAiKit, responsesKit } from './support/openai-kit.js';

describe.each([openAiKit, responsesKit, anthropicKit, googleKit].map((kit) => [kit.name, kit] as const))(
  '%s',
  (_name, kit) => {
    describeClient(kit);
  },
);
