import { describe, expect, it } from 'vitest';
import { TracerManager } from '../../../src/index.js';
import { serverSpan, type ServerSpanExpectation } from '../../support/expected-server-span.js';
import type { ClientRequest } from '../../support/http-client.js';
import { ALL_SERVERS, type ServerKind } from '../../support/server-kinds.js';
import { shapeOf } from '../../support/span-shape.js';
import { startApp, type TestAppOptions } from '../../support/test-app.js';

/** One request to one app, and all that is exported of it: a single server span. */
export interface ServerSpanCase {
  readonly title: string;
  readonly app: TestAppOptions;
  readonly request: ClientRequest;
  readonly span: ServerSpanExpectation | ((server: ServerKind) => ServerSpanExpectation);
  /** Default: all of them. */
  readonly servers?: readonly ServerKind[];
}

/** Runs each case on each of its servers. */
export function describeServerSpans(cases: readonly ServerSpanCase[]): void {
  describe.each(ALL_SERVERS)('$name', (server) => {
    for (const { title, app: options, request, span, servers = ALL_SERVERS } of cases) {
      if (!servers.includes(server)) continue;
      it(title, async () => {
        const app = await startApp({ server, ...options });
        const expected = serverSpan(app, typeof span === 'function' ? span(server) : span);
        const { status } = await app.send(request);
        await app.recorder.waitFor(({ name }) => name === expected.name);
        const { live } = app.app.get(TracerManager, { strict: false }).status().spans;
        await app.close();
        expect({ status, live, spans: app.recorder.spans().map(shapeOf) }).toEqual({
          status: expected.attributes['http.response.status_code'],
          live: 0,
          spans: [expected],
        });
      });
    }
  });
}
