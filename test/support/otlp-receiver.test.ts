import { expect, it } from 'vitest';
import { OtlpReceiver } from './otlp-receiver.js';

it('reports what a client posts, and nothing that another receiver got', async () => {
  const [first, second] = await Promise.all([OtlpReceiver.start(), OtlpReceiver.start()]);
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'work',
    kind: 1,
  };
  await fetch(`${first.httpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-key': 'k' },
    body: JSON.stringify({
      resourceSpans: [{ resource: {}, scopeSpans: [{ scope: { name: 's' }, spans: [span] }] }],
    }),
  });
  await first.waitForCount(1);
  expect(first.spans).toEqual([
    expect.objectContaining({
      traceId: span.traceId,
      name: 'work',
      kind: 'INTERNAL',
      status: 'UNSET',
      scope: 's',
    }),
  ]);
  expect(first.requests).toEqual([
    { transport: 'http', path: '/v1/traces', headers: expect.objectContaining({ 'x-key': 'k' }) },
  ]);
  await Promise.all([first.stop(), second.stop()]);
  expect([second.spans, second.requests]).toEqual([[], []]);
});
