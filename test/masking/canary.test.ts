import { Body, Controller, Headers, HttpException, Injectable, Post } from '@nestjs/common';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { Span, SpanAttribute, TelemetryModule, TracerManager, type MaskingConfig } from '../../src/index.js';
import { WorkflowTracer } from '../../src/entry-points/workflow.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { startApp, type TestApp } from '../support/test-app.js';

const CANARY = 'canary-7f3a91';

/** Everything that a span shows to whoever gets it, as one text. */
function textOf(value: unknown): string {
  const seen = new Set<unknown>();
  const parts: string[] = [];
  const walk = (item: unknown): void => {
    if (typeof item === 'string') parts.push(item);
    if (typeof item !== 'object' || item === null || seen.has(item)) return;
    seen.add(item);
    for (const key of Reflect.ownKeys(item)) {
      parts.push(String(key));
      // The configuration knows its own patterns.
      if (key !== 'generation') walk(Reflect.get(item, key));
    }
  };
  walk(value);
  return parts.join('\n');
}

/** As a user's own exporter behind a processor would see spans. */
class WatchingProcessor implements SpanProcessor {
  readonly seen: string[] = [];

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.seen.push(textOf(span));
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

class DatabaseError extends Error {}

@Injectable()
class Vault {
  constructor(
    private readonly manager: TracerManager,
    private readonly tracer: WorkflowTracer,
  ) {}

  @Span({ onResult: (result: object) => ({ attributes: { result: JSON.stringify(result) } }) })
  open(@SpanAttribute('credentials') credentials: { user: string; password: string; pin: string }): object {
    return { session: 1, nested: { accessToken: credentials.password, pin: credentials.pin } };
  }

  @Span()
  fail(token: string): never {
    const cause = new DatabaseError(`connect postgres://app:${token}@db/x failed, password=${token}`);
    throw new Error(`no vault for token: ${token}`, {
      cause: new AggregateError([cause], `Bearer ${token}`),
    });
  }

  @Span()
  async annotate(secret: string): Promise<void> {
    await this.manager.withAttributes({ metadata: { apiKey: secret } }, async () => {
      this.manager.withSpan(
        'annotated',
        { links: [{ context: this.link, attributes: { cookie: secret } }] },
        (span) => {
          span.addEvent('login', { authorization: `Bearer ${secret}`, header: `Cookie: sid=${secret}` });
          span.setAttribute('http.request.header.authorization', [`Bearer ${secret}`]);
          span.setAttribute('payload', { password: secret, list: [{ secret: secret }] } as never);
          span.updateName(`open token=${secret}`);
          span.recordException(new Error(`api_key=${secret}`));
        },
      );
      await this.tracer.withPipelineSpan('unlock', { input: { password: secret } }, async () =>
        this.tracer.withStageSpan('turn', { input: { token: secret } }, async (_span, stage) => {
          stage.recordFailure(new Error(`secret: ${secret}`));
          return { refresh_token: secret };
        }),
      );
    });
  }

  private readonly link = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  };
}

@Controller()
class VaultController {
  constructor(private readonly vault: Vault) {}

  @Post('open')
  async open(@Body() body: { password: string; pin: string }, @Headers() _headers: object): Promise<object> {
    const opened = this.vault.open({ user: 'ada', ...body });
    await this.vault.annotate(body.password);
    return opened;
  }

  @Post('fail')
  fail(@Body() body: { password: string }): never {
    return this.vault.fail(body.password);
  }

  @Post('denied')
  @Span()
  denied(@Body() body: { password: string }): never {
    throw new HttpException(`password=${body.password}`, 500, { cause: new Error(`token=${body.password}`) });
  }
}

async function exercise(app: TestApp): Promise<void> {
  for (const path of ['/open', '/fail', '/denied']) {
    await app.send({
      method: 'POST',
      path: `${path}?token=${CANARY}&sig=${CANARY}`,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${CANARY}`,
        cookie: `sid=${CANARY}`,
        'x-api-key': CANARY,
        'user-agent': `agent token=${CANARY}`,
      },
      body: JSON.stringify({ password: CANARY, pin: `pin ${CANARY}` }),
    });
  }
}

describe.each<[string, MaskingConfig]>([
  // A secret that has neither name nor shape can be told only by a pattern.
  ['by a pattern', { patterns: [/pin canary-\w+/] }],
  ['by a name', { keys: ['pin'] }],
])('a canary secret, told %s', (_name, masking) => {
  it('reaches no exporter and no processor, though arguments and results are recorded', async () => {
    const watching = new WatchingProcessor();
    const recorder = new SpanRecorder();
    const delivered: string[] = [];
    const custom: SpanExporter = {
      export: (spans, callback) => {
        delivered.push(...spans.map(textOf));
        callback({ code: 0 });
      },
      shutdown: async () => {},
    };
    const receiver = await OtlpReceiver.start();
    const app = await startApp({
      telemetry: false,
      imports: [
        TelemetryModule.forRoot({
          isGlobal: true,
          service: { name: 'vault' },
          includeInputOutput: true,
          masking,
          exporter: [
            recorder,
            custom,
            { type: 'otlp-grpc', url: receiver.grpcUrl },
            { type: 'otlp-http', url: receiver.httpUrl },
          ],
          spanProcessors: [watching],
        }),
      ],
      controllers: [VaultController],
      providers: [Vault],
    });
    await exercise(app);
    await recorder.waitFor(({ name, status }) => name === 'POST /denied' && status.code === 2);
    await app.app.get(TracerManager).forceFlush();
    await receiver.waitForCount(2 * recorder.spans().length);

    // Everything was recorded: nothing is proven by spans that are not there.
    const names = [...new Set(recorder.spans().map(({ name }) => name))].sort();
    expect(names).toEqual([
      'POST /denied',
      'POST /fail',
      'POST /open',
      'Vault.annotate',
      'Vault.fail',
      'Vault.open',
      'VaultController.denied',
      'open token=__REDACTED__',
      'pipeline:unlock',
      'stage:turn',
    ]);
    const open = recorder.span('Vault.open').attributes;
    expect([open['input.value'], open['output.value']].join()).toContain('__REDACTED__');
    expect(delivered.length).toBe(recorder.spans().length);
    expect(watching.seen.length).toBe(recorder.spans().length);

    for (const text of [...recorder.spans().map(textOf), ...delivered, ...watching.seen]) {
      expect(text).not.toContain(CANARY);
    }
    expect(JSON.stringify(receiver.spans)).not.toContain(CANARY);
    await receiver.stop();
  });
});

it('records neither arguments nor results unless it is asked to', async () => {
  const app = await startApp({ controllers: [VaultController], providers: [Vault] });
  await exercise(app);
  await app.recorder.waitFor('POST /denied');
  for (const span of app.recorder.spans()) {
    expect(Object.keys(span.attributes)).not.toContain('input.value');
    expect(Object.keys(span.attributes)).not.toContain('output.value');
  }
});
