import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startDevtools } from '../support/devtools-client.js';
import { startSampleApp, type RunningSample } from '../support/sample-app.js';
import { FAILED, span, traceId } from '../support/spans.js';

/** Set by `run.mjs`, which finds a browser or says that there is none. */
const executablePath = process.env['CHROMIUM_PATH'] ?? '';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(() => browser.close());

/** A page whose every error fails the test that opened it. */
async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1600, height: 900 },
    bypassCSP: false,
    ...options,
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  onTestFinished(async () => {
    await context.close();
    expect(problems).toEqual([]);
  });
  await page.goto(url);
  return page;
}

async function requested(app: RunningSample, path: string): Promise<void> {
  await (await fetch(`${app.url}${path}`)).text();
}

describe('the page, in a browser', () => {
  it('leads from the printed address to the spans of a request, and back to its cause', async () => {
    const app = await startSampleApp();
    const page = await openPage(app.devtools.url);
    expect(page.url()).not.toContain('token');
    await page.getByText('Nothing has been recorded yet').waitFor();

    await requested(app, '/orders/42');
    await requested(app, '/orders/42/receipt');
    await page.locator('button.trace').nth(1).waitFor();
    await page.getByLabel('Filter').fill('status:error');
    await page.locator('button.trace').filter({ hasText: 'receipt' }).click();
    await page.getByRole('treeitem').first().waitFor();
    expect(await page.locator('.source code').first().textContent()).toMatch(/\.js:\d+:\d+/);

    await page.getByLabel('Filter').fill('route:/orders/:id -status:error');
    await page.locator('button.trace').first().click();
    await page.getByRole('treeitem', { name: /OrdersService\.findPriced/ }).click();
    await page.locator('.details h3', { hasText: 'OrdersService.findPriced' }).waitFor();
    expect(await page.locator('.details').textContent()).toContain('order.id');
  });

  it('changes the sampler of the running app', async () => {
    const app = await startSampleApp();
    const page = await openPage(`${app.devtools.url}#health`);
    const card = page.locator('.source-card').filter({ has: page.locator('h3', { hasText: /^orders$/ }) });
    await card.getByLabel('Sampler').fill('0');
    await card.getByRole('button', { name: 'Set for everybody' }).click();
    await card.getByText('Done: reconfigured').waitFor();
    await card.getByText(/generation 2/).waitFor();
    expect(await card.textContent()).toMatch(/\d+ ended = \d+ delivered \+ 0 dropped \+ 0 queued/);

    const answer = await page.request.get(`${app.devtools.origin}/api/traces`);
    const before = ((await answer.json()) as { total: number }).total;
    await requested(app, '/orders/42');
    await card.getByRole('button', { name: 'Flush' }).click();
    await card.getByText('Done: flushed').waitFor();
    expect(
      ((await (await page.request.get(`${app.devtools.origin}/api/traces`)).json()) as { total: number })
        .total,
    ).toBe(before);
  });

  it('shows a stream that grows', async () => {
    const app = await startSampleApp();
    const page = await openPage(app.devtools.url);
    const aborted = new AbortController();
    const stream = await fetch(`${app.url}/feed/endless`, { signal: aborted.signal });
    await page.locator('button.trace.open').click();
    await page.getByRole('button', { name: 'Events' }).click();
    const notes = page.locator('.row.note');
    await notes.first().waitFor();
    const before = await notes.count();
    await notes.nth(before).waitFor();
    aborted.abort();
    await stream.body?.cancel().catch(() => undefined);
    await page.locator('button.trace.open').waitFor({ state: 'detached' });
  });

  it('is worked with the keyboard alone', async () => {
    const { recorder, server } = await startDevtools();
    const root = span({ traceId: traceId(500), name: 'GET /keys' });
    recorder.store.add(root);
    recorder.store.add(span({ traceId: root.traceId, parentSpanId: root.spanId, name: 'child', kind: 0 }));
    const page = await openPage(server.url);
    await page.locator('button.trace').waitFor();

    await page.keyboard.press('/');
    await page.keyboard.type('keys');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('treeitem', { name: /child/ }).waitFor();
    await page.keyboard.press('t');
    await page.keyboard.press('ArrowDown');
    await page.locator('.details h3', { hasText: 'child' }).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('treeitem', { name: /child/ }).waitFor({ state: 'detached' });
    await page.keyboard.press('2');
    await page.getByRole('heading', { name: 'Routes' }).waitFor();
  });

  it('scrolls a trace of 10,000 spans', async () => {
    const { recorder, server } = await startDevtools();
    const root = span({ traceId: traceId(600), start: 0, end: 10_000 });
    recorder.store.add(root);
    for (let count = 1; count < 10_000; count += 1) {
      const name = `step ${count}`;
      recorder.store.add(
        span({ traceId: root.traceId, parentSpanId: root.spanId, name, start: count, end: count + 1 }),
      );
    }
    const page = await openPage(`${server.url}#traces/${root.traceId}`);
    await page.locator('.row').first().waitFor();

    const frames = await page.evaluate(async () => {
      const scroller = document.querySelector('.waterfall') as HTMLElement;
      const times: number[] = [];
      for (let step = 0; step < 120; step += 1) {
        scroller.scrollTop = step * 2100;
        const begun = performance.now();
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        times.push((performance.now() - begun) / 2);
      }
      return times.sort((a, b) => a - b);
    });
    process.stdout.write(
      `frames of a 10,000-span trace: median ${frames[60]?.toFixed(1)} ms, p95 ${frames[114]?.toFixed(1)} ms\n`,
    );
    expect(await page.locator('.row').count()).toBeLessThan(120);
    await page.getByRole('treeitem', { name: /step 9999/ }).waitFor();
  });

  it.each([
    ['light', 1600],
    ['dark', 1600],
    ['light', 390],
    ['dark', 390],
  ] as const)('has no serious fault of accessibility in %s at %i px', async (colorScheme, width) => {
    const { recorder, server } = await startDevtools();
    const stack = 'Error: boom\n    at load (/app/src/orders.ts:1:1)';
    const failed = span({
      status: FAILED,
      events: [
        {
          name: 'exception',
          time: 1,
          attributes: { 'exception.type': 'Error', 'exception.stacktrace': stack },
        },
      ],
    });
    recorder.store.add(failed);
    const page = await openPage(server.url, { colorScheme, viewport: { width, height: 844 } });
    for (const place of [`traces/${failed.traceId}`, 'traces', 'routes', 'errors', 'metrics', 'health']) {
      await page.evaluate((hash) => (location.hash = hash), place);
      await page.locator('main section, main .hint').first().waitFor();
      await page.evaluate(AXE);
      const found = await page.evaluate(async () => {
        const { violations } = await (globalThis as any).axe.run();
        return violations
          .filter(({ impact }: any) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }: any) => `${id}: ${nodes.map(({ html }: any) => html).join(' ')}`);
      });
      expect(found, place).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, place).toBeLessThanOrEqual(0);
    }
  });

  it('shows hostile text as text in every field', async () => {
    const { recorder, server } = await startDevtools();
    const canary = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
    const hostile = span({
      name: canary,
      status: { code: 2, message: canary },
      attributes: {
        [canary]: canary,
        'gen_ai.request.model': canary,
        'http.route': canary,
        'url.full': `javascript:${canary}`,
      },
      events: [
        {
          name: 'exception',
          time: 1,
          attributes: {
            'exception.type': canary,
            'exception.message': canary,
            'exception.stacktrace': `    at ${canary}`,
          },
        },
      ],
      links: [{ traceId: traceId(1), spanId: '1'.repeat(16), attributes: { [canary]: canary } }],
      resource: { 'service.name': canary },
      scope: { name: canary, version: canary },
    });
    recorder.store.add(hostile);
    recorder.store.log({
      traceId: hostile.traceId,
      spanId: hostile.spanId,
      time: 1,
      severity: canary,
      body: canary,
      attributes: {},
      service: canary,
    });
    recorder.metrics.add({
      name: canary,
      unit: canary,
      service: canary,
      kind: 'sum',
      attributes: { [canary]: canary },
      time: 1,
      value: 1,
    });
    const page = await openPage(server.url);
    for (const place of [`traces/${hostile.traceId}`, 'routes', 'errors', 'metrics', 'health']) {
      await page.evaluate((hash) => (location.hash = hash), place);
      await page.locator('main section').first().waitFor();
      if (place !== 'health') await page.locator('main').getByText('<script>').first().waitFor();
      expect(await page.title()).toBe('nestjs-telemetry');
      expect(await page.locator('main img, main script').count()).toBe(0);
    }
  });
});
