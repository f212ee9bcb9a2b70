import OpenAI from 'openai';
import type { GenAiTracer } from 'nestjs-telemetry/genai';

export function openAi(genAi: GenAiTracer, options: { apiKey: string; baseURL: string }): OpenAI {
  // #region instrument
  const openai = genAi.instrument(new OpenAI(options));
  // #endregion
  return openai;
}

export function ownClient(
  genAi: GenAiTracer,
  client: { stream(prompt: string): AsyncIterable<{ word: string; last: boolean }> },
): AsyncIterable<{ word: string; last: boolean }> {
  const prompt = 'How?';
  // #region map-chunks
  return genAi.withChat(
    {
      provider: 'mine',
      model: 'mine-1',
      mapChunks: (chunk: { word: string; last: boolean }) => ({
        text: chunk.word,
        ...(chunk.last ? { finishReason: 'stop' } : {}),
      }),
    },
    () => client.stream(prompt),
  );
  // #endregion
}
