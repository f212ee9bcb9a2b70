import { expect, it, onTestFinished } from 'vitest';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { curl, SampleApp } from './sample-app.js';

/** Durations and bars differ from run to run. */
function treeOf(output: string): string[] {
  return output
    .split('\n')
    .map((line) => line.replace(/ +[\d.]+ (µs|ms|s)\b.*?( +(\d{3}|✗))?$/, '$2').trimEnd())
    .filter((line) => /\[server\]|[├└]─/.test(line))
    .map((line) => line.replace(/ +(\d{3}|✗)$/, ' $1'));
}

it('prints the tree of a request within two seconds: server span, controller route, service spans', async () => {
  const app = await SampleApp.start();
  const [command = ''] = app.commands;
  app.forget();
  const { status, body } = await curl(command);
  expect({ status, body: JSON.parse(body) }).toMatchObject({ status: 200, body: { id: '42', total: 20 } });
  const output = await app.waitFor(/quote invoice/);
  expect(treeOf(output)).toEqual([
    'GET /orders/:id [server] 200',
    '└─ OrdersService.findPriced',
    '   ├─ SELECT orders',
    '   ├─ price items',
    '   └─ billing › quote invoice',
  ]);
  expect(output).toContain(`trace ${JSON.parse(body).traceId}`);
  expect(output).toContain('code.function.name=OrdersController.findOne');
});

it('answers every command that it prints, and shows what each is said to show', async () => {
  const app = await SampleApp.start();
  const { commands } = app;
  const statuses: Record<string, number> = {};
  let page = '';
  for (const command of commands) {
    const { status, body } = await curl(command);
    if (command.endsWith('/metrics')) page = body;
    statuses[command.replace(app.url, '').replace(/-u admin:\S+ /, '')] = status;
  }
  expect(statuses).toEqual({
    'curl /orders/42': 200,
    'curl /orders/42/receipt': 500,
    'curl -X DELETE /orders/42': 403,
    'curl -X POST /orders/42/shipment': 201,
    'curl /billing/invoices/42': 200,
    'curl /billing/report': 200,
    'curl -N /feed/finite': 200,
    'curl -N /feed/failing': 200,
    'curl -N /assistant/7': 200,
    "curl /orders/42 -H 'x-user-id: ada'": 200,
    'curl /metrics': 200,
    'curl /health': 200,
    [`curl -X PUT /admin/telemetry/config -H 'content-type: application/json' -d '{"exporter":{"type":"otlp-grpc","url":"http://localhost:4317"}}'`]: 200,
    [`curl -X PUT /admin/telemetry/config -H 'content-type: application/json' -d '{"exporter":{"type":"console"}}'`]: 200,
  });
  const output = await app.waitFor(/GET \/billing\/invoices\/:orderId.*200/);
  expect(output).toMatch(/GET \/orders\/:id\/receipt \[server\].*500/);
  expect(output).toMatch(/OrdersService\.receipt .*✗/);
  expect(output).toMatch(/wide_event=true {2}order\.id=42 {2}order\.items=2\n.* error\.message=The receipt/);
  expect(output).toMatch(/DELETE \/orders\/:id \[server\].*403/);
  expect(output).toMatch(/^billing {2}trace/m);
  expect(output).toMatch(/GET \/feed\/finite \[server\]/);
  expect(output).toMatch(
    /└─ pipeline:daily-report .*\n(?:.*\n)*? *├─ stage:extract .*\n(?:.*\n)*? *└─ stage:sum /,
  );
  expect(output).toContain('stream.outcome=completed');
  expect(output).toContain('stream.outcome=error');
  expect(output).toMatch(/^shipping {2}trace \w+ .*continues/m);
  expect(output).toMatch(/└─ reserve a courier/);
  expect(output).toContain('gpt-4o 1,204→318 tok $0.0062 ttft');
  expect(output).toContain('No Redis at ');
  expect(output).toMatch(/GET \/orders\/:id \[server\].*\n.*user\.id=ada/);
  expect(page).toMatch(/^orders_priced\w*\{.*\} 2$/m);
  expect(page).toContain('http_route="/orders/:id"');
  expect(output).not.toContain('GET /health');
  expect(output).not.toContain('PUT /admin');
});

it('goes live from the terminal to a collector and back', async () => {
  const receiver = await OtlpReceiver.start();
  onTestFinished(() => receiver.stop());
  const app = await SampleApp.start({ SAMPLE_ADMIN_TOKEN: 'open-sesame' });
  const [toCollector = '', toTerminal = ''] = app.commands.filter((command) => command.includes('PUT'));
  expect(toCollector).toContain('-u admin:open-sesame ');

  const refused = await curl(toCollector.replace('open-sesame', 'guessed'));
  expect(refused.status).toBe(403);
  const switched = await curl(toCollector.replace('http://localhost:4317', receiver.grpcUrl));
  expect(JSON.parse(switched.body)).toMatchObject({ status: 'reconfigured', generation: 2 });
  await app.waitFor(/admin changed .*; generation 2 is live/);
  app.forget();
  await curl(`curl ${app.url}/orders/7`);
  await curl(`${toCollector.split(' -H ')[0]}`.replace('PUT', 'POST').replace('/config', '/flush'));
  await receiver.waitUntil((spans) => spans.some(({ name }) => name === 'GET /orders/:id'));
  expect(receiver.spans.map(({ name }) => name).sort()).toEqual([
    'GET /orders/:id',
    'OrdersService.findPriced',
    'SELECT orders',
    'price items',
  ]);
  // Billing has an instance of its own, which nobody switched.
  await app.waitFor(/^billing {2}trace/m);
  expect(app.output).not.toContain('[server]');

  await curl(toTerminal);
  receiver.clear();
  await curl(`curl ${app.url}/orders/8`);
  await app.waitFor(/GET \/orders\/:id \[server\].*200/);
  await app.stop('SIGTERM');
  expect(receiver.spans).toEqual([]);
});
