import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ClientProxyFactory, type ClientProxy, type MicroserviceOptions } from '@nestjs/microservices';
import { catchError, lastValueFrom, of, type Observable } from 'rxjs';
import { expect, onTestFinished, vi } from 'vitest';
import { TracerManager } from '../../../src/index.js';
import { namedSpans, type NamedSpan } from '../../support/named-spans.js';
import { startApp } from '../../support/test-app.js';

const PROGRAM = fileURLToPath(new URL('mortal-server.mjs', import.meta.url));

/** A server in a process of its own, which takes requests and answers none. */
interface MortalServer {
  asked(): Promise<void>;
  kill(): Promise<void>;
}

async function startServer(options: MicroserviceOptions): Promise<MortalServer> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const said = (line: string): Promise<void> =>
    vi.waitFor(() => expect(lines).toContain(line), { timeout: 20_000 });
  await said('ready');
  return {
    asked: () => said('asked'),
    async kill() {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** A client's side of a request whose server was killed: its error, its spans, and how many are alive after. */
export interface KilledOutcome {
  readonly error: string;
  readonly spans: readonly NamedSpan[];
  readonly live: number;
}

/** Asks a server, kills its process while the client waits, and gives the client's view. */
export async function askAndKill(
  options: MicroserviceOptions,
  { telemetry, ask }: { telemetry: object | false; ask: (client: ClientProxy) => Observable<unknown> },
): Promise<KilledOutcome> {
  const server = await startServer(options);
  const started = await startApp({
    telemetry,
    providers: [{ provide: 'STOCK', useFactory: () => ClientProxyFactory.create(options as never) }],
  });
  const { app, recorder } = started;
  const client = app.get<ClientProxy>('STOCK');
  const waiting = lastValueFrom(ask(client).pipe(catchError((error: unknown) => of(String(error)))));
  await server.asked();
  await server.kill();
  const error = String(await waiting);
  const manager = telemetry === false ? undefined : app.get(TracerManager, { strict: false });
  const live = manager?.status().spans.live ?? 0;
  client.close();
  await started.close();
  return { error, spans: namedSpans(recorder.spans()), live };
}
