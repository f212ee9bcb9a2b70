import { request, type IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import { DevtoolsServer, Recorder, type DevtoolsOptions } from '../../../src/devtools/index.js';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends exactly the headers that a test names, also a false `Host`. */
export function ask(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  { method = 'GET', body }: { readonly method?: string; readonly body?: string } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export interface StartedDevtools {
  readonly recorder: Recorder;
  readonly server: DevtoolsServer;
  /** Asks with the token. */
  readonly get: <T = any>(path: string) => Promise<T>;
  readonly post: (path: string, body: object) => Promise<RawAnswer>;
}

/** A server of devtools that is closed with the test. */
export async function startDevtools(options: DevtoolsOptions = {}): Promise<StartedDevtools> {
  const recorder = new Recorder(options);
  const server = await DevtoolsServer.start(recorder, { port: 0, ...options });
  onTestFinished(() => server.close());
  return { recorder, server, ...clientOf(server.port, server.token) };
}

export function clientOf(port: number, token: string): Pick<StartedDevtools, 'get' | 'post'> {
  const authorization = `Bearer ${token}`;
  return {
    get: async (path) => JSON.parse((await ask(port, path, { authorization })).body),
    post: (path, body) =>
      ask(
        port,
        path,
        { authorization, 'content-type': 'application/json' },
        { method: 'POST', body: JSON.stringify(body) },
      ),
  };
}
