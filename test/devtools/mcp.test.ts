import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSampleApp } from './support/sample-app.js';

interface TextResult {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
}

const CLI = join(import.meta.dirname, '../../dist/devtools/cli.js');

async function connect(...args: string[]): Promise<(tool: string, input?: object) => Promise<TextResult>> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [CLI, 'mcp', ...args] }));
  onTestFinished(() => client.close());
  return async (name, input = {}) =>
    (await client.callTool({ name, arguments: { ...input } })) as unknown as TextResult;
}

describe('an agent that asks over MCP', () => {
  it('finds the slowest route of the sample app, and the cause of an error', async () => {
    const app = await startSampleApp();
    for (let count = 0; count < 3; count += 1) await fetch(`${app.url}/orders/42`);
    await fetch(`${app.url}/orders/42/receipt`);
    const call = await connect('--url', app.devtools.origin, '--token', app.devtools.token);

    const routes = (await call('list_routes')).content[0]?.text ?? '';
    expect(routes.split('\n')[0]).toMatch(
      /^GET \/orders.* \(orders\): \d+ times.* slowest trace [0-9a-f]{32}$/,
    );

    const errors = (await call('list_errors')).content[0]?.text ?? '';
    expect(errors).toMatch(
      /: .+ \(×1\)\n {2}in .*GET \/orders\/:id\/receipt, trace [0-9a-f]{32}\n {2}at .*\.js:\d+:\d+/,
    );

    const traceId = /trace ([0-9a-f]{32})/.exec(errors)?.[1] ?? '';
    const trace = (await call('get_trace', { traceId })).content[0]?.text ?? '';
    expect(trace).toMatch(/- GET \/orders\/:id\/receipt/);
    expect(trace.length).toBeLessThan(12_100);
  });

  it('gets a failure of a tool as words that help', async () => {
    const call = await connect('--url', 'http://127.0.0.1:1', '--token', 'none');
    expect(await call('list_traces')).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('does the app run with `devtools: true`?') }],
    });
  });

  it('gets an error for a tool that does not exist', async () => {
    const call = await connect('--url', 'http://127.0.0.1:1', '--token', 'none');
    await expect(call('drop_table')).rejects.toThrow(/known: list_traces/);
  });
});
