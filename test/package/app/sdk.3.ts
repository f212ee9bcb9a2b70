import { AlwaysOnSampler, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';

const exporter = new InMemorySpanExporter();
let seen = 0;
class CountingProcessor extends SimpleSpanProcessor {
  override onEnd(...[span]: Parameters<SimpleSpanProcessor['onEnd']>): void {
    seen += 1;
    super.onEnd(span);
  }
}

export const sdk = { sampler: new AlwaysOnSampler(), spanProcessors: [new CountingProcessor({ exporter })] };

export function assertSeen(): void {
  if (seen !== 2) throw new Error(`Expected the SDK's span processor to see 2 spans, got ${String(seen)}.`);
}
